/** Becoming the first administrator, by the address that the server printed. */
import { useState } from "react";
import { passwordProblem } from "../../data/passwords";
import { invitationSecret, useSessionChanges } from "../../data/session";
import { NewPasswordFields } from "../../widgets/password_fields";
import { useTitle } from "../../widgets/title";
import { EntranceForm, EntrancePage } from "./entrance_form";

const TITLE = "Become the administrator";

export function FirstAdministratorPage() {
  useTitle(TITLE);
  return invitationSecret() ? <InvitedForm /> : <NoSecret />;
}

function InvitedForm() {
  const changes = useSessionChanges();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  return (
    <EntrancePage
      title={TITLE}
      note="An administrator may read and change everything on this server, and lets others in."
    >
      <EntranceForm
        action="Create the account"
        isReady={name.trim() !== "" && again !== "" && !passwordProblem(password, again)}
        problem={again ? passwordProblem(password, again) : undefined}
        onSend={() => changes.redeem(name.trim(), password)}
      >
        <label>
          Name
          <input
            className="field"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <NewPasswordFields
          password={password}
          again={again}
          onPassword={setPassword}
          onAgain={setAgain}
        />
      </EntranceForm>
    </EntrancePage>
  );
}

function NoSecret() {
  return (
    <EntrancePage title="This address is not whole">
      <p>
        The address that the server printed goes on after a # with a secret, which a browser keeps
        only until the page is loaded again. Open the whole address once more.
      </p>
      <p>
        <a href="./">All pages</a>
      </p>
    </EntrancePage>
  );
}

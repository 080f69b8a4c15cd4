/** Changes one's own password. */
import { useState } from "react";
import { passwordProblem } from "../../data/passwords";
import { useSessionChanges } from "../../data/session";
import { FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";
import { NewPasswordFields } from "../../widgets/password_fields";

export function PasswordDialog({ username, onClose }: { username: string; onClose: () => void }) {
  const changes = useSessionChanges();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const problem = again ? passwordProblem(password, again) : undefined;
  const save = async () => {
    await changes.changePassword(username, current, password);
    say("Your password is changed, and all other browsers are signed out");
  };
  return (
    <FormDialog
      title="Change password"
      action="Change"
      isReady={current !== "" && again !== "" && !problem}
      onSave={save}
      onClose={onClose}
    >
      <label>
        Current password
        <input
          className="field"
          type="password"
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
      </label>
      <NewPasswordFields
        password={password}
        again={again}
        onPassword={setPassword}
        onAgain={setAgain}
      />
      {problem && (
        <p className="bad-text" role="alert">
          {problem}
        </p>
      )}
    </FormDialog>
  );
}

/** Signing in, in the place of whatever page was asked for. */
import { useEffect, useRef, useState } from "react";
import { addressOf } from "../../api/client";
import { useSession, useSessionChanges, useSignInWays } from "../../data/session";
import { Loading } from "../../widgets/panels";
import { useTitle } from "../../widgets/title";
import { EntranceFailure, EntranceForm, EntrancePage } from "./entrance_form";

export function SignInPage() {
  const found = useSignInWays();
  const before = useSession()?.username;
  useTitle("Sign in");
  if (found.isPending) return <Loading rows={3} />;
  if (found.isError) {
    return <EntranceFailure error={found.error} retry={() => void found.refetch()} />;
  }
  const ways = found.data.sign_in_ways ?? [];
  if (found.data.needs_administrator) return <NoAdministrator ways={ways} />;
  return (
    <EntrancePage
      title="Sign in"
      note={before && "Your session has ended. Sign in to go on where you were."}
    >
      {ways.includes("openid") && <OpenIdLink />}
      {ways.includes("password") && <PasswordForm username={before ?? ""} />}
    </EntrancePage>
  );
}

/** Leaves the page for the provider, which sends the browser back to this address. */
function OpenIdLink() {
  const { pathname, search, hash } = window.location;
  const address = addressOf("api/v1/openid/sign-in", { return_to: pathname + search + hash });
  return (
    <a className="button accent entrance-way" href={address}>
      Sign in with your organisation
    </a>
  );
}

function PasswordForm({ username }: { username: string }) {
  const changes = useSessionChanges();
  const [name, setName] = useState(username);
  const [password, setPassword] = useState("");
  const first = useRef<HTMLInputElement>(null);
  const second = useRef<HTMLInputElement>(null);
  useEffect(() => (username ? second : first).current?.focus(), [username]);
  return (
    <EntranceForm
      action="Sign in"
      isReady={name.trim() !== "" && password !== ""}
      onSend={() => changes.signIn(name.trim(), password)}
    >
      <label>
        Name
        <input
          ref={first}
          className="field"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label>
        Password
        <input
          ref={second}
          className="field"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </label>
    </EntranceForm>
  );
}

/** The first administrator may also be somebody whom the provider says to be one. */
function NoAdministrator({ ways }: { ways: readonly string[] }) {
  return (
    <EntrancePage title="This server has no administrator yet">
      {ways.includes("openid") && <OpenIdLink />}
      <p>
        The server printed an address when it started. Whoever opens it becomes the administrator
        and lets others in. It can be used once; a server that is started again prints another one.
      </p>
    </EntrancePage>
  );
}

/** Dialogs about users: a new one, another password, deleting one. */
import { useState } from "react";
import type { ListedUser, UserLink } from "../../api/types.gen";
import { goTo, places } from "../../data/address";
import { passwordProblem } from "../../data/passwords";
import { useUserChanges } from "../../data/users";
import { ConfirmDialog } from "../../widgets/confirm_dialog";
import { FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";
import { NewPasswordFields } from "../../widgets/password_fields";

/** What an administrator wants to do with users. */
export type Asked =
  | { kind: "create" }
  | { kind: "password" | "delete"; user: ListedUser }
  | { kind: "unlink"; link: UserLink };

export function UserDialog({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  switch (asked.kind) {
    case "create":
      return <NewUserDialog onClose={onClose} />;
    case "password":
      return <SetPasswordDialog username={asked.user.username} onClose={onClose} />;
    case "delete":
      return <DeleteDialog username={asked.user.username} onClose={onClose} />;
    case "unlink":
      return <UnlinkDialog link={asked.link} onClose={onClose} />;
  }
}

type Kind = "user" | "elsewhere" | "service";

const KINDS: readonly { value: Kind; label: string; means: string }[] = [
  { value: "user", label: "User", means: "A person who signs in with a password." },
  { value: "elsewhere", label: "User without a password", means: "Signs in at your organisation." },
  { value: "service", label: "Service account", means: "A program, let in by its tokens." },
];

function NewUserDialog({ onClose }: { onClose: () => void }) {
  const changes = useUserChanges();
  const [username, setUsername] = useState("");
  const [kind, setKind] = useState<Kind>("user");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [isAdmin, setAdmin] = useState(false);
  const hasPassword = kind === "user";
  const problem = hasPassword && again ? passwordProblem(password, again) : undefined;
  const create = async () => {
    const name = username.trim();
    await changes.create({
      username: name,
      kind: kind === "service" ? "service" : "user",
      is_admin: isAdmin,
      ...(hasPassword && { password }),
    });
    if (kind === "service") goTo(places.tokens({ of: name }));
    else say(`“${name}” can sign in now`);
  };
  return (
    <FormDialog
      title="New user"
      action="Create"
      isReady={username.trim() !== "" && (!hasPassword || (again !== "" && !problem))}
      onSave={create}
      onClose={onClose}
    >
      <label>
        Name
        <input
          className="field"
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
      </label>
      <fieldset className="check-lines" aria-label="Kind">
        <legend>Kind</legend>
        {KINDS.map(({ value, label, means }) => (
          <label key={value} className="check-line">
            <input
              type="radio"
              name="kind"
              checked={kind === value}
              onChange={() => setKind(value)}
            />
            <span>
              {label} <span className="faint">{means}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {hasPassword && (
        <NewPasswordFields
          password={password}
          again={again}
          onPassword={setPassword}
          onAgain={setAgain}
        />
      )}
      <label className="check-line">
        <input
          type="checkbox"
          checked={isAdmin}
          onChange={(event) => setAdmin(event.target.checked)}
        />
        Administrator: may do everything
      </label>
      {problem && (
        <p className="bad-text" role="alert">
          {problem}
        </p>
      )}
    </FormDialog>
  );
}

interface OfUser {
  username: string;
  onClose: () => void;
}

function SetPasswordDialog({ username, onClose }: OfUser) {
  const changes = useUserChanges();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const problem = again ? passwordProblem(password, again) : undefined;
  const save = async () => {
    await changes.setPassword(username, password);
    say(`“${username}” has another password and is signed out everywhere`);
  };
  return (
    <FormDialog
      title={`Another password for “${username}”`}
      action="Set"
      isReady={again !== "" && !problem}
      onSave={save}
      onClose={onClose}
    >
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

function DeleteDialog({ username, onClose }: OfUser) {
  const changes = useUserChanges();
  return (
    <ConfirmDialog
      title="Delete user"
      action="Delete"
      done={`Deleted “${username}”`}
      onConfirm={() => changes.delete(username)}
      onClose={onClose}
    >
      <b>{username}</b> goes for good, with its tokens, sessions and all that was granted to it.
      What it logged stays. To keep somebody out for a while, shut it out.
    </ConfirmDialog>
  );
}

function UnlinkDialog({ link, onClose }: { link: UserLink; onClose: () => void }) {
  const changes = useUserChanges();
  const { username, issuer, subject } = link;
  return (
    <ConfirmDialog
      title="Unlink user"
      action="Unlink"
      done={`“${username}” belongs to no account elsewhere`}
      onConfirm={() => changes.unlink(username)}
      onClose={onClose}
    >
      <b>{username}</b> no longer belongs to the account <code>{subject}</code> at {issuer}. Whoever
      signs in there with that name next becomes this user, as far as the server’s settings let it.
    </ConfirmDialog>
  );
}

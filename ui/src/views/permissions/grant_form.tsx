/** Grants somebody a permission. */
import { type FormEvent, useId, useState } from "react";
import type { Resource } from "../../api/types.gen";
import { GRANTS, type PermissionName, type Subject, useSubjectNames } from "../../data/permissions";
import { useSettled } from "../../widgets/settled";

/** Nobody reads what is found for each letter of a name that is being typed. */
const REST = 200;

interface GrantFormProps {
  resource: Resource;
  onGrant: (subject: Subject, permission: PermissionName) => Promise<unknown>;
}

/** The name of somebody whom the server does not know is refused in place. */
export function GrantForm({ resource, onGrant }: GrantFormProps) {
  const [kind, setKind] = useState<Subject["kind"]>("user");
  const [name, setName] = useState("");
  const [permission, setPermission] = useState<PermissionName>("EDIT");
  const [problem, setProblem] = useState<string>();
  const suggestions = useId();
  const grant = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(undefined);
    try {
      await onGrant({ kind, name: name.trim() }, permission);
      setName("");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form className="name-form" onSubmit={(event) => void grant(event)}>
      <div className="grant-line">
        <select
          className="field"
          aria-label="Grant to a"
          value={kind}
          onChange={(event) => setKind(event.target.value as Subject["kind"])}
        >
          <option value="user">User</option>
          <option value="group">Group</option>
        </select>
        <input
          className="field"
          aria-label={`Name of the ${kind}`}
          placeholder="Name"
          list={suggestions}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <span className="row-of-buttons">
          <select
            className="field"
            aria-label="Permission"
            value={permission}
            onChange={(event) => setPermission(event.target.value as PermissionName)}
          >
            {GRANTS.map(({ value, label, means }) => (
              <option key={value} value={value} title={means}>
                {label}
              </option>
            ))}
          </select>
          <button type="submit" className="button accent" disabled={name.trim() === ""}>
            Grant
          </button>
        </span>
      </div>
      <Suggestions id={suggestions} resource={resource} kind={kind} text={name} />
      <p className="form-note">
        {GRANTS.find(({ value }) => value === permission)?.label}:{" "}
        {GRANTS.find(({ value }) => value === permission)?.means}.
      </p>
      {problem && (
        <p className="bad-text" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

interface SuggestionsProps {
  id: string;
  resource: Resource;
  kind: Subject["kind"];
  text: string;
}

/** Those whose name contains what is typed. */
function Suggestions({ id, resource, kind, text }: SuggestionsProps) {
  const names = useSubjectNames(resource, kind, useSettled(text.trim(), REST)).data ?? [];
  return (
    <datalist id={id}>
      {names.map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}

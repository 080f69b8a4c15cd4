/** What a role permits. */
import { type FormEvent, useState } from "react";
import type { Role, RolePermission } from "../../api/types.gen";
import { GRANTS, type PermissionName } from "../../data/permissions";
import { permissionText, useRoleChanges } from "../../data/roles";
import { IconButton } from "../../widgets/button";
import { Icon } from "../../widgets/icons";
import { attempt, say } from "../../widgets/notices";

export function RolePermissions({ role }: { role: Role }) {
  const changes = useRoleChanges();
  const remove = async (found: RolePermission) => {
    const { id, role_id, resource_type, resource_pattern, permission } = found;
    const text = permissionText(found);
    if (!(await attempt("It was not taken away", () => changes.removePermission(id)))) return;
    say(`“${role.name}” no longer permits: ${text}`, () =>
      changes.addPermission({ role_id, resource_type, resource_pattern, permission }),
    );
  };
  return (
    <>
      <ul className="member-list" aria-label={`Permissions of ${role.name}`}>
        {role.permissions.map((found) => (
          <li key={found.id}>
            <Icon name="shield" size={14} />
            <span className="ellipsis" title={permissionText(found)}>
              {permissionText(found)}
            </span>
            <span />
            <IconButton
              icon="close"
              label={`Take ${permissionText(found)} from ${role.name}`}
              onClick={() => void remove(found)}
            />
          </li>
        ))}
      </ul>
      <PermissionForm role={role} />
    </>
  );
}

type Kind = RolePermission["resource_type"];

const KINDS: readonly { value: Kind; label: string }[] = [
  { value: "experiment", label: "Experiment" },
  { value: "registered_model", label: "Model" },
  { value: "workspace", label: "Workspace" },
];

function PermissionForm({ role }: { role: Role }) {
  const changes = useRoleChanges();
  const [kind, setKind] = useState<Kind>("experiment");
  const [pattern, setPattern] = useState("*");
  const [permission, setPermission] = useState<PermissionName>("EDIT");
  const [problem, setProblem] = useState<string>();
  const add = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(undefined);
    try {
      await changes.addPermission({
        role_id: role.id,
        resource_type: kind,
        resource_pattern: pattern.trim(),
        permission,
      });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form className="subject-form" onSubmit={(event) => void add(event)}>
      <div className="limit-line">
        <select
          className="field limit-kind"
          aria-label={`Permission that ${role.name} gets`}
          value={permission}
          onChange={(event) => setPermission(event.target.value as PermissionName)}
        >
          {GRANTS.map(({ value, label, means }) => (
            <option key={value} value={value} title={means}>
              {label}
            </option>
          ))}
        </select>
        <select
          className="field limit-kind"
          aria-label="Of what kind"
          value={kind}
          onChange={(event) => setKind(event.target.value as Kind)}
        >
          {KINDS.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <input
          className="field"
          aria-label="Which one: an experiment’s ID, a model’s name, or * for all"
          title="An experiment’s ID, a model’s name, or * for all"
          spellCheck={false}
          value={pattern}
          onChange={(event) => setPattern(event.target.value)}
        />
        <button type="submit" className="button" disabled={pattern.trim() === ""}>
          Permit
        </button>
      </div>
      {problem && (
        <p className="bad-text" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

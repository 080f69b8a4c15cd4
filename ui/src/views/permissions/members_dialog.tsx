/** Who may do what with an experiment or model, by which way; managers change it here. */
import type { Member, Resource } from "../../api/types.gen";
import {
  GRANTS,
  grantLabel,
  includes,
  ownGrantOf,
  type PermissionName,
  type Subject,
  useMembers,
  usePermissionChanges,
  verbOf,
  wayOf,
} from "../../data/permissions";
import { IconButton } from "../../widgets/button";
import { Dialog } from "../../widgets/dialog";
import { Icon } from "../../widgets/icons";
import { attempt, say } from "../../widgets/notices";
import { Failure, Loading } from "../../widgets/panels";
import { GrantForm } from "./grant_form";
import "../../app/access.css";

interface MembersDialogProps {
  resource: Resource;
  name: string;
  permission: PermissionName;
  onClose: () => void;
}

export function MembersDialog({ resource, name, permission, onClose }: MembersDialogProps) {
  const isManager = includes(permission, "MANAGE");
  return (
    <Dialog title={`Members of “${name}”`} onClose={onClose}>
      <div className="name-form">
        {isManager ? (
          <Members resource={resource} />
        ) : (
          <p className="form-note">
            You <b>{verbOf(permission)}</b>. Its managers and the administrators of this server say
            who may do what; ask one of them for more.
          </p>
        )}
      </div>
    </Dialog>
  );
}

function Members({ resource }: { resource: Resource }) {
  const found = useMembers(resource, true);
  const changes = usePermissionChanges(resource);
  if (found.isPending) return <Loading rows={4} />;
  if (found.isError) {
    return (
      <Failure
        what="The members could not be loaded"
        error={found.error}
        retry={() => void found.refetch()}
      />
    );
  }
  return (
    <>
      <GrantForm resource={resource} onGrant={changes.grant} />
      {found.data.length > 0 && (
        <ul className="member-list" aria-label="Members">
          {found.data.map((member) => (
            <MemberLine
              key={`${member.username}/${member.group}/${member.role}/${member.resource_type}/${member.resource_pattern}`}
              member={member}
              resource={resource}
              changes={changes}
            />
          ))}
        </ul>
      )}
      <p className="form-note">
        Administrators may do everything. Whoever is not named here has what this server permits by
        default.
      </p>
    </>
  );
}

interface MemberLineProps {
  member: Member;
  resource: Resource;
  changes: ReturnType<typeof usePermissionChanges>;
}

function MemberLine({ member, resource, changes }: MemberLineProps) {
  const subject = ownGrantOf(member, resource);
  const name = member.username ?? member.group ?? member.role ?? "";
  const icon = member.username !== undefined ? "person" : member.group ? "people" : "shield";
  return (
    <li>
      <Icon name={icon} size={14} />
      <span className="ellipsis" title={name}>
        {name}
        <span className="member-way">{wayOf(member, resource)}</span>
      </span>
      {subject ? (
        <GrantFields subject={subject} permission={member.permission} changes={changes} />
      ) : (
        <span>{grantLabel(member.permission)}</span>
      )}
    </li>
  );
}

interface GrantFieldsProps {
  subject: Subject;
  permission: PermissionName;
  changes: ReturnType<typeof usePermissionChanges>;
}

/** Changes what was granted here, or takes it back; both can be undone. */
function GrantFields({ subject, permission, changes }: GrantFieldsProps) {
  const { name } = subject;
  const restore = () => changes.grant(subject, permission);
  const change = async (to: PermissionName) => {
    const what = `“${name}” is still ${grantLabel(permission).toLowerCase()}`;
    if (!(await attempt(what, () => changes.grant(subject, to)))) return;
    say(`“${name}” is ${grantLabel(to).toLowerCase()}`, restore);
  };
  const takeBack = async () => {
    if (!(await attempt("It was not taken back", () => changes.revoke(subject)))) return;
    say(`Taken back from “${name}”`, restore);
  };
  return (
    <>
      <select
        className="field"
        aria-label={`Permission of ${name}`}
        value={permission}
        onChange={(event) => void change(event.target.value as PermissionName)}
      >
        {GRANTS.map(({ value, label, means }) => (
          <option key={value} value={value} title={means}>
            {label}
          </option>
        ))}
      </select>
      <IconButton icon="bin" label={`Take back from ${name}`} onClick={() => void takeBack()} />
    </>
  );
}

/** Who has a role. */
import type { Role, RoleAssignment } from "../../api/types.gen";
import type { Subject } from "../../data/permissions";
import { useRoleAssignments, useRoleChanges } from "../../data/roles";
import { attempt, say } from "../../widgets/notices";
import { Failure } from "../../widgets/panels";
import { SubjectForm } from "../../widgets/subject_form";
import { SubjectLine } from "../../widgets/subject_line";

export function RoleAssignments({ role }: { role: Role }) {
  const found = useRoleAssignments(role.id);
  const changes = useRoleChanges();
  const remove = async (subject: Subject) => {
    const { name } = subject;
    const done = await attempt(`“${name}” still has the role`, () =>
      changes.unassign(role.id, subject),
    );
    if (done) say(`“${name}” no longer has “${role.name}”`, () => changes.assign(role.id, subject));
  };
  return (
    <>
      {found.isError && (
        <Failure
          what="Who has the role could not be loaded"
          error={found.error}
          retry={() => void found.refetch()}
        />
      )}
      <ul className="member-list" aria-label={`Who has ${role.name}`}>
        {(found.data ?? []).map(subjectOf).map((subject) => (
          <SubjectLine
            key={`${subject.kind} ${subject.name}`}
            {...subject}
            action={`Take ${role.name} from ${subject.name}`}
            onRemove={() => remove(subject)}
          />
        ))}
      </ul>
      <SubjectForm
        label={`Who gets ${role.name}`}
        kinds={["user", "group"]}
        onAdd={(subject) => changes.assign(role.id, subject)}
      />
    </>
  );
}

function subjectOf({ username, group }: RoleAssignment): Subject {
  return username === undefined
    ? { kind: "group", name: group ?? "" }
    : { kind: "user", name: username };
}

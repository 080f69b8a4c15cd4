/** Groups of users, each with its members. */
import { useState } from "react";
import type { Group } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { useGroupChanges, useGroups } from "../../data/groups";
import { AdminTabs } from "../../widgets/admin_tabs";
import { Button, IconButton } from "../../widgets/button";
import { ConfirmDialog } from "../../widgets/confirm_dialog";
import { NameDescriptionDialog } from "../../widgets/name_description_dialog";
import { attempt, say } from "../../widgets/notices";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { Section } from "../../widgets/section";
import { SubjectForm } from "../../widgets/subject_form";
import { SubjectLine } from "../../widgets/subject_line";
import { useTitle } from "../../widgets/title";
import "../../app/access.css";
import { WithUsers } from "../sessions/switched_off";

export function GroupsPage() {
  useTitle("Groups", "Admin");
  return (
    <WithUsers>
      <KnownGroups />
    </WithUsers>
  );
}

function KnownGroups() {
  const found = useGroups();
  const changes = useGroupChanges();
  const isNew = useAddress().query.get("new") !== null;
  const [asked, setAsked] = useState<{ kind: "edit" | "delete"; group: Group }>();
  const close = () => setAsked(undefined);
  const retry = () => void found.refetch();
  return (
    <div className="page">
      <div className="toolbar">
        <AdminTabs />
        <span className="push" />
        <Button icon="plus" tone="accent" onClick={() => changeQuery({ new: "1" })}>
          New group
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && found.data && <Stale error={found.error} retry={retry} />}
      {found.isError && !found.data && (
        <Failure what="The groups could not be loaded" error={found.error} retry={retry} />
      )}
      {found.data?.length === 0 && (
        <Empty title="No groups yet">
          <p>What is granted to a group is granted to all of its members, now and later.</p>
        </Empty>
      )}
      <div className="access-list">
        {found.data?.map((group) => (
          <GroupSection
            key={group.name}
            group={group}
            onAsk={(kind) => setAsked({ kind, group })}
          />
        ))}
      </div>
      {isNew && (
        <NameDescriptionDialog
          title="New group"
          action="Create"
          onSave={changes.create}
          onClose={() => changeQuery({ new: "" })}
        />
      )}
      {asked?.kind === "edit" && (
        <NameDescriptionDialog
          title="Edit group"
          action="Save"
          named={asked.group}
          onSave={({ name, description }) =>
            changes.update({ name: asked.group.name, new_name: name, description })
          }
          onClose={close}
        />
      )}
      {asked?.kind === "delete" && (
        <ConfirmDialog
          title="Delete group"
          action="Delete"
          done={`Deleted “${asked.group.name}”`}
          onConfirm={() => changes.delete(asked.group.name)}
          onClose={close}
        >
          <b>{asked.group.name}</b> goes for good, with all that was granted to it. Its members
          stay.
        </ConfirmDialog>
      )}
    </div>
  );
}

interface GroupSectionProps {
  group: Group;
  onAsk: (kind: "edit" | "delete") => void;
}

function GroupSection({ group, onAsk }: GroupSectionProps) {
  const changes = useGroupChanges();
  const { name, description, members = [] } = group;
  const remove = async (username: string) => {
    const done = await attempt(`“${username}” is still a member`, () =>
      changes.removeMember(name, username),
    );
    if (done)
      say(`“${username}” is no longer in “${name}”`, () => changes.addMember(name, username));
  };
  return (
    <Section
      title={name}
      note={members.length}
      action={
        <span className="row-of-buttons">
          <IconButton icon="pencil" label={`Edit ${name}`} onClick={() => onAsk("edit")} />
          <IconButton icon="bin" label={`Delete ${name}`} onClick={() => onAsk("delete")} />
        </span>
      }
    >
      <div className="access-body">
        {description && <p className="form-note">{description}</p>}
        <ul className="member-list" aria-label={`Members of ${name}`}>
          {members.map((username) => (
            <SubjectLine
              key={username}
              kind="user"
              name={username}
              action={`Remove ${username} from ${name}`}
              onRemove={() => remove(username)}
            />
          ))}
        </ul>
        <SubjectForm
          label={`New member of ${name}`}
          kinds={["user"]}
          onAdd={({ name: username }) => changes.addMember(name, username)}
        />
      </div>
    </Section>
  );
}

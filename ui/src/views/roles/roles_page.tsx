/** Roles: what each permits, and who has it. */
import { useState } from "react";
import type { Role } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { useRoleChanges, useRoles } from "../../data/roles";
import { AdminTabs } from "../../widgets/admin_tabs";
import { Button, IconButton } from "../../widgets/button";
import { ConfirmDialog } from "../../widgets/confirm_dialog";
import { NameDescriptionDialog } from "../../widgets/name_description_dialog";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { Section } from "../../widgets/section";
import { useTitle } from "../../widgets/title";
import { WithUsers } from "../sessions/switched_off";
import { RoleAssignments } from "./role_assignments";
import { RolePermissions } from "./role_permissions";
import "../../app/access.css";

export function RolesPage() {
  useTitle("Roles", "Admin");
  return (
    <WithUsers>
      <KnownRoles />
    </WithUsers>
  );
}

function KnownRoles() {
  const found = useRoles();
  const changes = useRoleChanges();
  const isNew = useAddress().query.get("new") !== null;
  const [deleted, setDeleted] = useState<Role>();
  const retry = () => void found.refetch();
  return (
    <div className="page">
      <div className="toolbar">
        <AdminTabs />
        <span className="push" />
        <Button icon="plus" tone="accent" onClick={() => changeQuery({ new: "1" })}>
          New role
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && found.data && <Stale error={found.error} retry={retry} />}
      {found.isError && !found.data && (
        <Failure what="The roles could not be loaded" error={found.error} retry={retry} />
      )}
      {found.data?.length === 0 && (
        <Empty title="No roles yet">
          <p>
            A role is a set of permissions under a name, given to users and groups together. What is
            granted on one experiment or model is granted there, without a role.
          </p>
        </Empty>
      )}
      <div className="access-list">
        {found.data?.map((role) => (
          <Section
            key={role.id}
            title={role.name}
            note={role.description ?? ""}
            action={
              <IconButton
                icon="bin"
                label={`Delete ${role.name}`}
                onClick={() => setDeleted(role)}
              />
            }
          >
            <div className="access-body">
              <h2 className="access-title">Permits</h2>
              <RolePermissions role={role} />
              <h2 className="access-title">Given to</h2>
              <RoleAssignments role={role} />
            </div>
          </Section>
        ))}
      </div>
      {isNew && (
        <NameDescriptionDialog
          title="New role"
          action="Create"
          onSave={changes.create}
          onClose={() => changeQuery({ new: "" })}
        />
      )}
      {deleted && (
        <ConfirmDialog
          title="Delete role"
          action="Delete"
          done={`Deleted “${deleted.name}”`}
          onConfirm={() => changes.delete(deleted.id)}
          onClose={() => setDeleted(undefined)}
        >
          <b>{deleted.name}</b> goes for good; whoever has it loses what it permits.
        </ConfirmDialog>
      )}
    </div>
  );
}

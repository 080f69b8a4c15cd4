/** Roles: permissions under a name, given to users and groups. */
import { useQuery } from "@tanstack/react-query";
import { getNewer, getOwn, postOwn, removeOwn, sendNewer } from "../api/client";
import type {
  AddRolePermission,
  CreateRole,
  Role,
  RoleAssignmentList,
  RoleList,
  RolePermission,
} from "../api/types.gen";
import { useFollow } from "./follow";
import { grantLabel, type Subject } from "./permissions";
import { isOfOne } from "./users";

/** All roles by name, but those that hold what was granted to one user or group alone. */
export function useRoles() {
  return useQuery({
    queryKey: ["roles"],
    queryFn: async ({ signal }) => {
      const { roles = [] as Role[] } = await getNewer<RoleList>("roles/list", {}, signal);
      return roles.filter(({ name }) => !isOfOne(name));
    },
  });
}

/** Who has a role. */
export function useRoleAssignments(role_id: number) {
  return useQuery({
    queryKey: ["roles", role_id, "assignments"],
    queryFn: async ({ signal }) =>
      (await getOwn<RoleAssignmentList>(`roles/${role_id}/assignments`, {}, signal)).assignments ??
      [],
  });
}

const KINDS: Record<RolePermission["resource_type"], [one: string, all: string]> = {
  experiment: ["experiment", "all experiments"],
  registered_model: ["model", "all models"],
  workspace: ["workspace", "everything in the workspace"],
};

/** What one permission of a role permits, in words. */
export function permissionText(found: RolePermission): string {
  const { resource_type, resource_pattern, permission } = found;
  const [one, all] = KINDS[resource_type];
  const what = resource_pattern === "*" ? all : `${one} ${resource_pattern}`;
  return `${grantLabel(permission)} of ${what}`;
}

/** Everything that changes roles; the pages on screen follow. */
export function useRoleChanges() {
  const follow = useFollow("roles");
  return {
    create: (request: CreateRole) => follow(sendNewer("POST", "roles/create", request)),
    delete: (role_id: number) => follow(sendNewer("DELETE", "roles/delete", { role_id })),
    addPermission: (request: AddRolePermission) =>
      follow(sendNewer("POST", "roles/permissions/add", request)),
    removePermission: (role_permission_id: number) =>
      follow(sendNewer("DELETE", "roles/permissions/remove", { role_permission_id })),
    assign: (role_id: number, { kind, name }: Subject) =>
      follow(
        kind === "user"
          ? sendNewer("POST", "roles/assign", { role_id, username: name })
          : postOwn(`roles/${role_id}/groups`, { group: name }),
      ),
    unassign: (role_id: number, { kind, name }: Subject) =>
      follow(
        kind === "user"
          ? sendNewer("DELETE", "roles/unassign", { role_id, username: name })
          : removeOwn(`roles/${role_id}/groups/${encodeURIComponent(name)}`, {}),
      ),
  };
}

/** Who may do what with an experiment or a registered model. */
import { useQuery } from "@tanstack/react-query";
import { getOwn, postOwn, sendNewer } from "../api/client";
import type {
  EffectivePermission,
  Member,
  MemberList,
  OwnLevels,
  Resource,
  SubjectNames,
} from "../api/types.gen";
import { useFollow } from "./follow";
import { together } from "./permission_requests";
import { useSession } from "./session";

export type PermissionName = EffectivePermission["permission"];

const LEVELS: Record<PermissionName, number> = {
  DENY: -1,
  NO_PERMISSIONS: 0,
  READ: 1,
  USE: 2,
  EDIT: 3,
  MANAGE: 4,
};

/** What can be granted, with the words for it. */
export const GRANTS: readonly { value: PermissionName; label: string; means: string }[] = [
  { value: "READ", label: "Reader", means: "sees everything" },
  { value: "USE", label: "User", means: "also uses models" },
  { value: "EDIT", label: "Editor", means: "also logs and edits" },
  { value: "MANAGE", label: "Manager", means: "also deletes, approves and says who may what" },
  { value: "NO_PERMISSIONS", label: "Nothing", means: "not even the server’s default" },
  { value: "DENY", label: "Shut out", means: "whatever else was granted" },
];

const VERBS: Record<PermissionName, string> = {
  DENY: "may not see this",
  NO_PERMISSIONS: "may not see this",
  READ: "may read this",
  USE: "may use this",
  EDIT: "may edit this",
  MANAGE: "may manage this",
};

/** A permission as a word for who has it. */
export function grantLabel(permission: PermissionName): string {
  return GRANTS.find(({ value }) => value === permission)?.label ?? permission;
}

/** What somebody with a permission may do: “may edit this”. */
export function verbOf(permission: PermissionName): string {
  return VERBS[permission];
}

/** Whether a permission includes another one. */
export function includes(permission: PermissionName, needed: PermissionName): boolean {
  return LEVELS[permission] >= LEVELS[needed];
}

const ownLevel = together((resource_type, resource_ids) =>
  postOwn<OwnLevels>("permissions/own/levels", { resource_type, resource_ids }),
);

/** What somebody else granted or took back is seen after so many milliseconds. */
const KEPT = 30_000;

/** What whoever is signed in may do; undefined until that is known. */
export function usePermission(resource: Resource): PermissionName | undefined {
  const session = useSession();
  const isAsked = session?.is_controlled === true && session.is_admin !== true;
  const { resource_type, resource_id } = resource;
  const found = useQuery({
    queryKey: ["permissions", "own", resource_type, resource_id],
    queryFn: () => ownLevel(resource),
    enabled: isAsked,
    staleTime: KEPT,
  });
  if (!session) return undefined;
  return isAsked ? found.data : "MANAGE";
}

/** Whether something is offered; it is until less is known to be permitted. */
export function useMay(resource: Resource, needed: PermissionName): boolean {
  const permission = usePermission(resource);
  return permission === undefined || includes(permission, needed);
}

/** Why something cannot be done, for who has less than it takes; undefined if it can. */
export function useReasonAgainst(resource: Resource, needed: PermissionName): string | undefined {
  const permission = usePermission(resource);
  if (permission === undefined || includes(permission, needed)) return undefined;
  const word = grantLabel(needed).toLowerCase();
  return `You ${verbOf(permission)}: only ${word}s may do that. Ask one of its managers.`;
}

/** Names that contain a text, of users or groups whom something can be granted on a resource. */
export function useSubjectNames(resource: Resource, kind: Subject["kind"], text: string) {
  return useQuery({
    queryKey: ["permissions", "subjects", resource, kind, text],
    queryFn: async ({ signal }) =>
      (await getOwn<SubjectNames>("permissions/subjects", { ...resource, kind, text }, signal))
        .names,
    enabled: text !== "",
    placeholderData: (previous) => previous,
  });
}

/** Who has a permission on a resource, by whichever way. */
export function useMembers({ resource_type, resource_id }: Resource, enabled: boolean) {
  return useQuery({
    queryKey: ["permissions", "members", resource_type, resource_id],
    queryFn: async ({ signal }) =>
      (await getOwn<MemberList>("permissions/members", { resource_type, resource_id }, signal))
        .members ?? [],
    enabled,
  });
}

export interface Subject {
  kind: "user" | "group";
  name: string;
}

/** Whose grant a member is if it can be changed here; undefined for roles and wider grants. */
export function ownGrantOf(member: Member, resource: Resource): Subject | undefined {
  const isHere =
    member.resource_type === resource.resource_type &&
    member.resource_pattern === resource.resource_id;
  if (!isHere) return undefined;
  if (member.username !== undefined) return { kind: "user", name: member.username };
  return member.group === undefined ? undefined : { kind: "group", name: member.group };
}

const ALL: Record<Resource["resource_type"], string> = {
  experiment: "all experiments",
  registered_model: "all models",
  workspace: "all of the workspace",
};

/** By which way a member has its permission, in words. */
export function wayOf(member: Member, resource: Resource): string {
  const isHere = member.resource_pattern === resource.resource_id;
  const reach = isHere ? "" : `on ${ALL[member.resource_type]}`;
  if (member.role !== undefined) return `role${reach && `, ${reach}`}`;
  return reach || "granted here";
}

/** Granting and taking back; the pages on screen follow. */
export function usePermissionChanges(resource: Resource) {
  const follow = useFollow("permissions");
  return {
    grant: ({ kind, name }: Subject, permission: PermissionName) =>
      follow(
        kind === "user"
          ? sendNewer("POST", "users/permissions/grant", {
              ...resource,
              permission,
              username: name,
            })
          : postOwn("permissions/groups/grant", { ...resource, permission, group: name }),
      ),
    revoke: ({ kind, name }: Subject) =>
      follow(
        kind === "user"
          ? sendNewer("POST", "users/permissions/revoke", { ...resource, username: name })
          : postOwn("permissions/groups/revoke", { ...resource, group: name }),
      ),
  };
}

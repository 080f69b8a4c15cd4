/** Groups of users. */
import { useQuery } from "@tanstack/react-query";
import { getOwn, patchOwn, postOwn, removeOwn } from "../api/client";
import type { CreateGroup, Group, GroupList, UpdateGroup } from "../api/types.gen";
import { useFollow } from "./follow";

/** All groups by name, each with its members. */
export function useGroups() {
  return useQuery({
    queryKey: ["groups"],
    queryFn: async ({ signal }) =>
      (await getOwn<GroupList>("groups", {}, signal)).groups ?? ([] as Group[]),
  });
}

const pathOf = (name: string) => `groups/${encodeURIComponent(name)}`;

/** Everything that changes groups; the pages on screen follow. */
export function useGroupChanges() {
  const follow = useFollow("groups");
  return {
    create: (request: CreateGroup) => follow(postOwn("groups", request)),
    update: ({ name, ...changes }: UpdateGroup) => follow(patchOwn(pathOf(name), changes)),
    delete: (name: string) => follow(removeOwn(pathOf(name), {})),
    addMember: (name: string, username: string) =>
      follow(postOwn(`${pathOf(name)}/members`, { username })),
    removeMember: (name: string, username: string) =>
      follow(removeOwn(`${pathOf(name)}/members/${encodeURIComponent(username)}`, {})),
  };
}

/** Users and service accounts, as administrators see them. */
import { useQuery } from "@tanstack/react-query";
import { get, getOwn, patch, patchOwn, post, postOwn, remove } from "../api/client";
import type { CreateUser, ListedUser, UserLink, UserLinkPage, UserPage } from "../api/types.gen";
import { useFollow } from "./follow";

const MOST_AT_ONCE = "1000";

/** All users by name. */
export function useUsers() {
  return useQuery({
    queryKey: ["users"],
    queryFn: async ({ signal }) => {
      const found: ListedUser[] = [];
      let page_token: string | undefined;
      do {
        const query = { max_results: MOST_AT_ONCE, page_token };
        const page: UserPage = await get("users/list", query, signal);
        found.push(...(page.users ?? []));
        page_token = page.next_page_token || undefined;
      } while (page_token);
      return found;
    },
  });
}

/** Which account of an OpenID provider each user belongs to, by the user's name. */
export function useUserLinks() {
  return useQuery({
    queryKey: ["users", "links"],
    queryFn: async ({ signal }): Promise<ReadonlyMap<string, UserLink>> => {
      const found = new Map<string, UserLink>();
      let page_token: string | undefined;
      do {
        const query = { max_results: MOST_AT_ONCE, page_token };
        const page: UserLinkPage = await getOwn("users/links", query, signal);
        for (const link of page.links ?? []) found.set(link.username, link);
        page_token = page.next_page_token || undefined;
      } while (page_token);
      return found;
    },
  });
}

/** The host of a provider, which tells people more than its address. */
export function hostOf(issuer: string): string {
  return URL.canParse(issuer) ? new URL(issuer).host : issuer;
}

/** Users whose name contains a text, whatever its case. */
export function usersNamed(users: readonly ListedUser[], text: string): ListedUser[] {
  const wanted = text.trim().toLowerCase();
  return users.filter(({ username }) => username.toLowerCase().includes(wanted));
}

/** The names of the roles that somebody was given; what was granted to it alone is in none of these. */
export function roleNames({ roles }: ListedUser): string[] {
  return roles.map(({ name }) => name).filter((name) => !isOfOne(name));
}

/** Whether a role holds what was granted to one user or group alone. */
export function isOfOne(role: string): boolean {
  return /^__(user|group)_\d+__$/.test(role);
}

/** Everything that changes users; the pages on screen follow. */
export function useUserChanges() {
  const follow = useFollow("users");
  return {
    create: (request: CreateUser) => follow(post("users/create", request)),
    setAdmin: (username: string, is_admin: boolean) =>
      follow(patch("users/update-admin", { username, is_admin })),
    setActive: (username: string, is_active: boolean) =>
      follow(patchOwn("users/set-active", { username, is_active })),
    setPassword: (username: string, password: string) =>
      follow(patch("users/update-password", { username, password })),
    delete: (username: string) => follow(remove("users/delete", { username })),
    unlink: (username: string) => follow(postOwn("users/unlink", { username })),
  };
}

/** Who is signed in, and whether a page may be shown at all. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { getOwn, patch, postOwn, removeOwn } from "../api/client";
import { whenRefused } from "../api/credentials";
import { listenAnew } from "../api/live";
import type { SessionState } from "../api/types.gen";
import { leaveWorkspace } from "./workspaces";

/** What stands before the pages; `open` if nothing does. */
export type Entrance = "open" | "sign-in" | "first-administrator";

const FIRST_ADMINISTRATOR = "first-administrator";

let entrance: Entrance = "open";
let secret: string | undefined;
const listeners = new Set<() => void>();

function setEntrance(to: Entrance): void {
  entrance = to;
  for (const listener of listeners) listener();
}

whenRefused(() => {
  if (entrance === "open") setEntrance("sign-in");
});

/**
 * Reads an address that makes the first administrator and takes its secret out of it, so that it
 * stays in no history. Call it before anything reads the address.
 */
export function readInvitation(): void {
  if (!window.location.pathname.endsWith(`/${FIRST_ADMINISTRATOR}`)) return;
  secret = window.location.hash.slice(1) || undefined;
  window.history.replaceState(null, "", window.location.pathname);
  entrance = FIRST_ADMINISTRATOR;
}

/** The secret of the address that makes the first administrator, if it was opened with one. */
export function invitationSecret(): string | undefined {
  return secret;
}

/** What stands before the pages. */
export function useEntrance(): Entrance {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => entrance,
  );
}

/** Who is signed in; it changes by what this page does only. */
export function sessionQuery() {
  return queryOptions({
    queryKey: ["session"],
    queryFn: ({ signal }) => getOwn<SessionState>("session", {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Who is signed in, once that is known: the menu of the account asks, when the page is drawn. */
export function useSession(): SessionState | undefined {
  return useQuery({ ...sessionQuery(), enabled: false }).data;
}

/** Whether one may do what administrators may; so it is taken to be until it is known. */
export function useAdministers(): boolean {
  const session = useSession();
  return session?.is_controlled !== true || session.is_admin === true;
}

/** Why something cannot be done by those who are no administrators. */
export const NO_ADMINISTRATOR = "Only administrators may do that.";

/** How one can sign in, asked anew. */
export function useSignInWays() {
  return useQuery({
    queryKey: ["session", "ways"],
    queryFn: ({ signal }) => getOwn<SessionState>("session", {}, signal),
    staleTime: 0,
  });
}

/** Signing in and out. What the pages knew is forgotten, as it is somebody else's. */
export function useSessionChanges() {
  const client = useQueryClient();
  const enter = (state: SessionState) => {
    leaveWorkspace();
    client.clear();
    client.setQueryData(sessionQuery().queryKey, state);
    listenAnew();
    setEntrance("open");
  };
  return {
    signIn: async (username: string, password: string) =>
      enter(await postOwn<SessionState>("session", { username, password })),
    /** Makes the first administrator, signs it in and goes to the first page. */
    redeem: async (username: string, password: string) => {
      const request = { secret: secret ?? "", username, password };
      const state = await postOwn<SessionState>(`session/${FIRST_ADMINISTRATOR}`, request);
      secret = undefined;
      window.history.replaceState(null, "", new URL(".", document.baseURI));
      enter(state);
    },
    /** Changes the password, which ends all sessions, and begins a new one with it. */
    changePassword: async (username: string, current_password: string, password: string) => {
      await patch("users/update-password", { username, current_password, password });
      enter(await postOwn<SessionState>("session", { username, password }));
    },
    signOut: async () => {
      await removeOwn("session", {});
      leaveWorkspace();
      client.clear();
      setEntrance("sign-in");
    },
  };
}

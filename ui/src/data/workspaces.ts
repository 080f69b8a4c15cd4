/** The workspace that the pages show, of a server that has several. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { getNewer, sendNewer } from "../api/client";
import type { CreateWorkspace, UpdateWorkspace, Workspace, WorkspaceList } from "../api/types.gen";
import { useFollow } from "./follow";

/** Where all is that was there before there were others. */
export const DEFAULT_WORKSPACE = "default";

const COOKIE = "millstream-workspace";
const YEAR = 31_536_000;

/** The workspaces where who is signed in may read anything, by name. */
export function workspacesQuery() {
  return queryOptions({
    queryKey: ["workspaces"],
    queryFn: async ({ signal }): Promise<Workspace[]> =>
      (await getNewer<WorkspaceList>("workspaces", {}, signal)).workspaces ?? [],
  });
}

/** The workspaces, as a page shows them. */
export function useWorkspaces() {
  return useQuery(workspacesQuery());
}

export type DeletionMode = "RESTRICT" | "SET_DEFAULT" | "CASCADE";

/** What can become of what is in a workspace that is deleted. */
export const DELETIONS: readonly { value: DeletionMode; label: string; means: string }[] = [
  { value: "RESTRICT", label: "There must be nothing", means: "Deleted runs count, too." },
  { value: "SET_DEFAULT", label: "Move to default", means: "Names must not be taken there." },
  { value: "CASCADE", label: "Delete for good", means: "Only the files of artifacts stay." },
];

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** What is wrong with a name for a workspace; undefined if it can be one. */
export function workspaceNameProblem(name: string): string | undefined {
  if (!NAME.test(name)) {
    return "Lower-case letters and digits, with hyphens only between them.";
  }
  return name.length < 2 || name.length > 63 ? "It must have 2 to 63 characters." : undefined;
}

const pathOf = (name: string) => `workspaces/${encodeURIComponent(name)}`;

/** Everything that changes workspaces; the pages on screen follow. */
export function useWorkspaceChanges() {
  const follow = useFollow("workspaces");
  return {
    create: (request: CreateWorkspace) => follow(sendNewer("POST", "workspaces", request)),
    update: ({ workspace_name, ...changes }: UpdateWorkspace) =>
      follow(sendNewer("PATCH", pathOf(workspace_name), changes)),
    /** From the one that the pages show they go to the first: nothing can be asked in it any more. */
    delete: async (name: string, mode: DeletionMode, isShown: boolean) => {
      const deleted = sendNewer("DELETE", pathOf(name), { mode });
      await (isShown ? deleted : follow(deleted));
      if (isShown) chooseWorkspace("");
    },
  };
}

/**
 * The cookie by which a browser names a workspace to the server below an address; an empty name
 * takes it away. Browsers do not keep cookies apart by port, so the port is in its name.
 */
export function workspaceCookie(name: string, base: URL): string {
  const cookie = base.port ? `${COOKIE}-${base.port}` : COOKIE;
  const lasts = name ? YEAR : 0;
  const secure = base.protocol === "https:" ? "; Secure" : "";
  const value = encodeURIComponent(name);
  return `${cookie}=${value}; Path=${base.pathname}; Max-Age=${lasts}; SameSite=Lax${secure}`;
}

/** Shows another workspace, from its first page on: nothing that is open exists there. */
export function chooseWorkspace(name: string): void {
  const base = new URL(".", document.baseURI);
  // biome-ignore lint/suspicious/noDocumentCookie: the other way is not there by plain http
  document.cookie = workspaceCookie(name, base);
  window.history.replaceState(null, "", base);
  window.location.reload();
}

/** Whoever comes next begins in the first workspace. */
export function leaveWorkspace(): void {
  // biome-ignore lint/suspicious/noDocumentCookie: as above
  document.cookie = workspaceCookie("", new URL(".", document.baseURI));
}

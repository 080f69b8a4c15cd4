/** The workspace that the pages show, of a server that has several. */
import { queryOptions } from "@tanstack/react-query";
import { getNewer } from "../api/client";
import type { Workspace, WorkspaceList } from "../api/types.gen";

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

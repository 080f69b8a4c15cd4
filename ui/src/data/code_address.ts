/** Where code can be read on the web, given what git calls its remote. */

/** The web page of a repository; undefined for folders and for hosts without a name. */
export function repositoryAddress(remote: string): string | undefined {
  const text = remote.trim();
  const [, scpHost, scpPath] = text.match(/^(?:[\w.-]+@)?([\w-]+(?:\.[\w-]+)+):(?!\/)(.+)$/) ?? [];
  if (scpHost && scpPath) return pageOf(scpHost, scpPath);
  try {
    const url = new URL(text);
    if (!/^(https?|ssh|git|git\+ssh):$/.test(url.protocol)) return undefined;
    // The port of ssh is not that of the website; user and password are nobody's business.
    return pageOf(/^https?:$/.test(url.protocol) ? url.host : url.hostname, url.pathname);
  } catch {
    return undefined;
  }
}

function pageOf(host: string, path: string): string | undefined {
  const place = path.replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");
  if (!host || !place) return undefined;
  const parts = place.split("/").map(encodeURIComponent);
  return `https://${host}/${parts.join("/")}`;
}

/** The web page of a commit, in the way of the host: GitHub, GitLab, Bitbucket, Gitea. */
export function commitAddress(remote: string, commit: string): string | undefined {
  const page = repositoryAddress(remote);
  if (page === undefined || !/^[0-9a-f]{7,64}$/i.test(commit)) return undefined;
  const host = new URL(page).hostname;
  if (host.includes("gitlab")) return `${page}/-/commit/${commit}`;
  return `${page}/${host.includes("bitbucket") ? "commits" : "commit"}/${commit}`;
}

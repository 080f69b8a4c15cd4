/** The page's address: which view, and all of its state, after the # so that any prefix works. */
import { useSyncExternalStore } from "react";

/** A path below the root and its query. Repeated state is a comma-separated list. */
export interface Address {
  path: string[];
  query: URLSearchParams;
}

/** Reads `#/experiments/7?filter=…`. */
export function parseAddress(hash: string): Address {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return {
    path: path.split("/").filter(Boolean).map(decode),
    query: parseQuery(query),
  };
}

/** Reads what `queryText` writes. */
export function parseQuery(text: string): URLSearchParams {
  return new URLSearchParams(text);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray % that someone typed
  }
}

/** Writes what `parseAddress` reads; common punctuation stays readable, empty values are left out. */
export function formatAddress(
  path: string[],
  query: Record<string, string | undefined> = {},
): string {
  const place = path.map(encodeURIComponent).join("/");
  const text = queryText(query);
  return `#/${place}${text && `?${text}`}`;
}

/** A query as text, without the values that are empty. */
export function queryText(query: Record<string, string | undefined>): string {
  return Object.entries(query)
    .filter((pair): pair is [string, string] => Boolean(pair[1]))
    .map(([name, value]) => `${name}=${readable(value)}`)
    .join("&");
}

function readable(value: string): string {
  return encodeURIComponent(value)
    .replace(/%20/g, "+")
    .replace(/%(2C|3A|2F|40|60|27|28|29|3C|3E|3D)/g, (found) => decodeURIComponent(found));
}

/** A list in one value; separators and backslashes inside items are escaped by a backslash. */
export function joinList(items: readonly string[], separator: "," | "~" = ","): string {
  const escaped = (item: string) =>
    item.replaceAll("\\", "\\\\").replaceAll(separator, `\\${separator}`);
  return items.map(escaped).join(separator);
}

/** The list that `joinList` wrote. */
export function splitList(text: string | null, separator: "," | "~" = ","): string[] {
  if (!text) return [];
  const items: string[] = [];
  let item = "";
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\" && at + 1 < text.length) {
      at += 1;
      item += text[at];
    } else if (text[at] === separator) {
      items.push(item);
      item = "";
    } else item += text[at];
  }
  return [...items, item];
}

/** The current address; the component renders again when it changes. */
export function useAddress(): Address {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return parseAddress(hash);
}

const listeners = new Set<() => void>();

/**
 * One listener tells all in one go, so that they draw together. If each listened by itself, a
 * component could be drawn with the new address before its parent had the chance to take it away.
 */
function tellAll(): void {
  for (const listener of [...listeners]) listener();
}

function subscribe(changed: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("hashchange", tellAll);
  listeners.add(changed);
  return () => {
    listeners.delete(changed);
    if (listeners.size === 0) window.removeEventListener("hashchange", tellAll);
  };
}

/** Goes to another view; the back button returns. */
export function goTo(address: string): void {
  window.location.hash = address;
}

/** Changes state within the view without a new entry in the history. An empty value removes one. */
export function changeQuery(changes: Record<string, string | undefined>): void {
  replaceAddress(addressWith(changes));
}

/** Puts another state in the place of the whole one, without a new entry in the history. */
export function replaceQuery(query: Record<string, string | undefined>): void {
  replaceAddress(formatAddress(parseAddress(window.location.hash).path, query));
}

function replaceAddress(address: string): void {
  if (address === window.location.hash) return;
  window.history.replaceState(null, "", address);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

/** The address of this view in another state. An empty value removes one. */
export function addressWith(changes: Record<string, string | undefined>): string {
  const { path, query } = parseAddress(window.location.hash);
  return formatAddress(path, { ...Object.fromEntries(query), ...changes });
}

/** Addresses of the views. */
export const places = {
  experiments: (query?: Record<string, string | undefined>) =>
    formatAddress(["experiments"], query),
  runs: (experiment_id: string, query?: Record<string, string | undefined>) =>
    formatAddress(["experiments", experiment_id], query),
  run: (experiment_id: string, run_id: string, query?: Record<string, string | undefined>) =>
    formatAddress(["experiments", experiment_id, "runs", run_id], query),
  runComparison: (experiment_id: string, query?: Record<string, string | undefined>) =>
    formatAddress(["experiments", experiment_id, "compare"], query),
  status: () => formatAddress(["status"]),
  webhooks: (query?: Record<string, string | undefined>) =>
    formatAddress(["admin", "webhooks"], query),
  webhook: (webhook_id: string) => formatAddress(["admin", "webhooks", webhook_id]),
  stages: () => formatAddress(["admin", "stages"]),
  /** One's own tokens, or those of a service account. */
  tokens: (query?: Record<string, string | undefined>) => formatAddress(["tokens"], query),
  administration: (noun: "users" | "groups" | "roles" | "workspaces") =>
    formatAddress(["administration", noun]),
  audit: (query?: Record<string, string | undefined>) => formatAddress(["audit"], query),
  models: (query?: Record<string, string | undefined>) => formatAddress(["models"], query),
  model: (name: string, query?: Record<string, string | undefined>) =>
    formatAddress(["models", name], query),
  version: (name: string, version: string, query?: Record<string, string | undefined>) =>
    formatAddress(["models", name, "versions", version], query),
  comparison: (name: string, versions: readonly string[]) =>
    formatAddress(["models", name, "compare"], { versions: joinList(versions) }),
};

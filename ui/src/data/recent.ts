/** Where this browser has been lately: what the palette offers first. */

/** A page that was opened. */
export interface Visit {
  address: string;
  text: string;
  /** What it is, such as `run`. */
  kind: string;
}

const STORAGE_KEY = "millstream.recent";
const MOST_REMEMBERED = 12;

/** The visits with one at the front; the same page stands there once. */
export function withVisit(visits: readonly Visit[], visit: Visit): Visit[] {
  const others = visits.filter(({ address }) => address !== visit.address);
  return [visit, ...others].slice(0, MOST_REMEMBERED);
}

/** The pages of before, the last one first. */
export function recentVisits(): Visit[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isVisit) : [];
  } catch {
    return []; // storage is forbidden or holds something else
  }
}

function isVisit(kept: unknown): kept is Visit {
  if (typeof kept !== "object" || kept === null) return false;
  const { address, text, kind } = kept as Partial<Record<keyof Visit, unknown>>;
  return typeof address === "string" && typeof text === "string" && typeof kind === "string";
}

/** Notes that a page was opened. */
export function remember(visit: Visit): void {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(withVisit(recentVisits(), visit)));
  } catch {
    // Storage is full or forbidden: the palette begins with the pages that always exist.
  }
}

/** What an address leads to; undefined for lists, which the palette offers anyway. */
export function kindOf(path: readonly string[]): string | undefined {
  const [room, , inner] = path;
  const { length } = path;
  if (length < 2 || inner === "compare") return undefined;
  if (room === "experiments") return length === 2 ? "experiment" : "run";
  if (room === "models") return length === 2 ? "model" : "version";
  return room === "admin" && length === 3 ? "webhook" : undefined;
}

/** Lists within lists, of which only parts are here: what stands at which line. */

/** A list with others opened below some of its items, in the order of those items. */
export interface Branch {
  /** The item that the list belongs to; empty for the outermost. */
  key: string;
  length: number;
  opened: readonly { at: number; branch: Branch }[];
}

/** An item by its list and its place in it; the outermost list has level 1. */
export interface Spot {
  key: string;
  at: number;
  level: number;
}

/** How many lines a list takes with all that is opened below its items. */
export function linesOf(branch: Branch): number {
  return branch.opened.reduce((sum, each) => sum + linesOf(each.branch), branch.length);
}

/** What stands at a line; undefined behind the end. */
export function spotAt(branch: Branch, line: number, level = 1): Spot | undefined {
  let before = 0;
  for (const { at, branch: inner } of branch.opened) {
    const first = at + 1 + before;
    if (line < first) break;
    const lines = linesOf(inner);
    if (line < first + lines) return spotAt(inner, line - first, level + 1);
    before += lines;
  }
  const at = line - before;
  return at >= 0 && at < branch.length ? { key: branch.key, at, level } : undefined;
}

/** The pages of each list that the lines from `first` to `last` stand on. */
export function pagesBetween(
  branch: Branch,
  first: number,
  last: number,
  pageSize: number,
): Map<string, number[]> {
  const pages = new Map<string, Set<number>>();
  for (let line = Math.max(0, first); line <= last; line++) {
    const spot = spotAt(branch, line);
    if (!spot) break;
    const known = pages.get(spot.key) ?? new Set();
    pages.set(spot.key, known.add(Math.floor(spot.at / pageSize)));
  }
  return new Map([...pages].map(([key, found]) => [key, [...found]]));
}

/** The lists of the table as far as they are known, and the pages that lines stand on. */
import type { RunGroups, RunTable } from "../api/types.gen";
import { type Branch, linesOf, pagesBetween, spotAt } from "./outline";
import type { PageShelf } from "./page_shelf";
import { groupKeys } from "./run_groups";
import { PAGE_SIZE } from "./run_table";
import type { Sight } from "./sight";
import { groupLine, isGroups, type Line, runLine } from "./table_lines";

export type Page = RunTable | RunGroups;

/** A page of a list; the outermost list has no key, others that of their item. */
export interface Wanted {
  key: string;
  page: number;
}

/** Deeper trees are cut: no page is wide enough for them. */
const DEEPEST = 40;

/** What is known of the lists: their lengths, and where in them others are opened. */
export function branchOf(
  shelf: PageShelf<Page>,
  expanded: ReadonlySet<string>,
  key = "",
  known?: number,
  depth = 0,
): Branch | undefined {
  const length = shelf.totalOf(key) ?? known;
  if (length === undefined) return undefined;
  const opened: { at: number; branch: Branch }[] = [];
  if (expanded.size > 0 && depth < DEEPEST) {
    for (const [page, content] of shelf.pagesOf(key)) {
      const ids = isGroups(content) ? groupKeys(content) : content.run_ids;
      const counts = isGroups(content) ? content.counts : content.child_counts;
      ids.forEach((id, at) => {
        if (!counts[at] || !expanded.has(id)) return;
        const branch = branchOf(shelf, expanded, id, counts[at], depth + 1);
        if (branch) opened.push({ at: page * PAGE_SIZE + at, branch });
      });
    }
    opened.sort((a, b) => a.at - b.at);
  }
  return { key, length, opened };
}

/** The pages that the lines in sight stand on. */
export function wantedPages(branch: Branch | undefined, { first, last }: Sight): Wanted[] {
  // Before anything is known the page is asked for that the first line would stand on.
  if (!branch) return [{ key: "", page: Math.floor(first / PAGE_SIZE) }];
  const end = Math.max(0, linesOf(branch) - 1);
  const pages = pagesBetween(branch, Math.min(first, end), Math.max(last, first), PAGE_SIZE);
  const wanted = [...pages].flatMap(([key, found]) => found.map((page) => ({ key, page })));
  return wanted.length > 0 ? wanted : [{ key: "", page: 0 }];
}

/** The lines as a list; those that are not here are undefined. */
export function linesIn(shelf: PageShelf<Page>, expanded: ReadonlySet<string>) {
  const branch = branchOf(shelf, expanded) ?? { key: "", length: 0, opened: [] };
  const isOpen = (id: string) => expanded.has(id);
  return {
    length: linesOf(branch),
    at: (index: number): Line | undefined => {
      const spot = spotAt(branch, index);
      const page = spot && shelf.get(spot.key, Math.floor(spot.at / PAGE_SIZE));
      if (!page) return undefined;
      const at = spot.at % PAGE_SIZE;
      return isGroups(page) ? groupLine(page, at, isOpen) : runLine(page, at, spot.level, isOpen);
    },
  };
}

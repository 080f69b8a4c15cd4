/** The lines of the runs table that are in sight, asked for page by page. */
import { type QueryKey, useQueries } from "@tanstack/react-query";
import { useEffect, useReducer, useRef } from "react";
import type { RunTable } from "../api/types.gen";
import { whileUntold } from "./news";
import { type Branch, linesOf, pagesBetween, spotAt } from "./outline";
import { PageShelf } from "./page_shelf";
import { fetchRuns, PAGE_SIZE, type RunPart, type RunQuery } from "./run_table";
import { type RunLine, runLine } from "./table_lines";

/** Pages out of sight are kept by the shelf, not by the queries. */
const KEPT = 30_000;

/** How the runs are laid out: one after the other, or children below their parents. */
export type RunLayout = "flat" | "tree";

/** The first and the last line in sight. */
export interface Sight {
  first: number;
  last: number;
}

/** Lines as a list for a grid; those that are not here are undefined. */
export interface TableLines {
  length: number;
  at: (index: number) => RunLine | undefined;
  /** The matches that are rows by themselves: all, or in a tree the roots. */
  total: number | undefined;
  /** Whether these are the lines of before, while others are on their way. */
  isOld: boolean;
  isPending: boolean;
  error: Error | null;
  retry: () => void;
}

interface Shown {
  name: string;
  layout: RunLayout;
  shelf: PageShelf<RunTable>;
}

interface Wanted {
  key: string;
  page: number;
}

/** Asks for the pages in sight; what was scrolled past before it came is asked for no longer. */
export function useTableLines(
  query: RunQuery,
  layout: RunLayout,
  expanded: ReadonlySet<string>,
  sight: Sight,
  isReady: boolean,
): TableLines {
  const { columns: _, ...runs } = query;
  const name = JSON.stringify([layout, runs]);
  const coming = useRef<Shown>(undefined);
  const shown = useRef<Shown>(undefined);
  const [, drawAgain] = useReducer((count: number) => count + 1, 0);
  if (coming.current?.name !== name) {
    coming.current = { name, layout, shelf: new PageShelf() };
  }
  const { shelf } = coming.current;
  const wanted = wantedPages(branchOf(shelf, expanded), sight);
  const results = useQueries({
    queries: wanted.map(({ key, page }) => ({
      queryKey: ["runs", "table", query.experiment_id, layout, query, key, page] as QueryKey,
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        fetchRuns(query, partOf(layout, key), page * PAGE_SIZE, PAGE_SIZE, signal),
      enabled: isReady,
      gcTime: KEPT,
      staleTime: KEPT,
      retry: false,
      refetchInterval: (found: { state: { data?: RunTable | undefined } }) =>
        found.state.data?.statuses.includes("RUNNING") ? whileUntold() : (false as const),
    })),
  });
  results.forEach(({ data }, at) => {
    const place = wanted[at];
    if (data && place) shelf.put(place.key, place.page, data, data.total);
  });
  if (shelf.totalOf("") !== undefined) shown.current = coming.current;

  // What came may have opened lists whose pages nobody asked for yet.
  const asked = JSON.stringify(wanted);
  const missing = JSON.stringify(wantedPages(branchOf(shelf, expanded), sight));
  useEffect(() => {
    if (missing !== asked) drawAgain();
  }, [missing, asked]);

  const current = shown.current;
  const isOld = current !== coming.current;
  const failed = results.find((result) => result.isError);
  const lines = current ? listOf(current.shelf, expanded) : EMPTY;
  return {
    ...lines,
    total: current?.shelf.totalOf(""),
    isOld,
    isPending: current === undefined && !failed,
    error: failed?.error ?? null,
    retry: () => {
      for (const result of results) if (result.isError) void result.refetch();
    },
  };
}

const EMPTY = { length: 0, at: () => undefined };

function partOf(layout: RunLayout, key: string): RunPart {
  return layout === "tree" ? { parent_run_id: key } : {};
}

function wantedPages(branch: Branch | undefined, { first, last }: Sight): Wanted[] {
  // Before anything is known the page is asked for that the first line would stand on.
  if (!branch) return [{ key: "", page: Math.floor(first / PAGE_SIZE) }];
  const end = Math.max(0, linesOf(branch) - 1);
  const pages = pagesBetween(branch, Math.min(first, end), Math.max(last, first), PAGE_SIZE);
  const wanted = [...pages].flatMap(([key, found]) => found.map((page) => ({ key, page })));
  return wanted.length > 0 ? wanted : [{ key: "", page: 0 }];
}

/** What is known of the lists: their lengths, and where in them others are opened. */
function branchOf(
  shelf: PageShelf<RunTable>,
  expanded: ReadonlySet<string>,
  key = "",
  known?: number,
): Branch | undefined {
  const length = shelf.totalOf(key) ?? known;
  if (length === undefined) return undefined;
  const opened: { at: number; branch: Branch }[] = [];
  if (expanded.size > 0) {
    for (const [page, table] of shelf.pagesOf(key)) {
      table.run_ids.forEach((id, at) => {
        const children = table.child_counts[at];
        if (!children || !expanded.has(id)) return;
        const branch = branchOf(shelf, expanded, id, children);
        if (branch) opened.push({ at: page * PAGE_SIZE + at, branch });
      });
    }
    opened.sort((a, b) => a.at - b.at);
  }
  return { key, length, opened };
}

function listOf(shelf: PageShelf<RunTable>, expanded: ReadonlySet<string>) {
  const branch = branchOf(shelf, expanded);
  if (!branch) return EMPTY;
  return {
    length: linesOf(branch),
    at: (index: number) => {
      const spot = spotAt(branch, index);
      const table = spot && shelf.get(spot.key, Math.floor(spot.at / PAGE_SIZE));
      if (!table) return undefined;
      return runLine(table, spot.at % PAGE_SIZE, spot.level, (id) => expanded.has(id));
    },
  };
}

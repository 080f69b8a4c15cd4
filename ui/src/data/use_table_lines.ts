/** The lines of the runs table that are in sight, asked for page by page. */
import { type QueryKey, useQueries } from "@tanstack/react-query";
import { useEffect, useReducer, useRef } from "react";
import type { RunGroups, RunTable } from "../api/types.gen";
import { whileUntold } from "./news";
import { PageShelf } from "./page_shelf";
import { fetchGroups, type Grouping, membersOf } from "./run_groups";
import { fetchRuns, PAGE_SIZE, type RunPart, type RunQuery } from "./run_table";
import type { Sight } from "./sight";
import { branchOf, linesIn, type Page, type Wanted, wantedPages } from "./table_branches";
import { isGroups, type Line } from "./table_lines";

/** Pages out of sight are kept by the shelf, not by the queries. */
const KEPT = 30_000;

/** One after the other, children below their parents, or members below their groups. */
export type RunLayout = "flat" | "tree" | "groups";

/** Lines as a list for a grid; those that are not here are undefined. */
export interface TableLines {
  length: number;
  at: (index: number) => Line | undefined;
  /** How many items the outermost list has: all matches, the roots of the tree, or groups. */
  total: number | undefined;
  /** The first groups, if runs are grouped and these are in sight. */
  groups: RunGroups | undefined;
  /** How many runs match; in a tree only its roots are counted. */
  runs: number | undefined;
  /** Whether these are the lines of before, while others are on their way. */
  isOld: boolean;
  isPending: boolean;
  error: Error | null;
  retry: () => void;
}

/** Which runs, and how they are laid out. */
export interface LinesQuery {
  runs: RunQuery;
  layout: RunLayout;
  grouping: Grouping;
}

interface Shown {
  name: string;
  shelf: PageShelf<Page>;
}

/** Asks for the pages in sight; what was scrolled past before it came is asked for no longer. */
export function useTableLines(
  query: LinesQuery,
  expanded: ReadonlySet<string>,
  sight: Sight,
  isReady: boolean,
): TableLines {
  const { columns: _, ...runs } = query.runs;
  const name = JSON.stringify([query.layout, runs, query.grouping.by]);
  const coming = useRef<Shown>(undefined);
  const shown = useRef<Shown>(undefined);
  const [, drawAgain] = useReducer((count: number) => count + 1, 0);
  if (coming.current?.name !== name) coming.current = { name, shelf: new PageShelf() };
  const { shelf } = coming.current;
  const wanted = wantedPages(branchOf(shelf, expanded), sight);
  const results = useQueries({
    queries: wanted.map((place) => ({
      queryKey: ["runs", "table", query.runs.experiment_id, query, place] as QueryKey,
      queryFn: ({ signal }: { signal: AbortSignal }) => fetchPage(query, place, signal),
      enabled: isReady,
      gcTime: KEPT,
      staleTime: KEPT,
      retry: false,
      refetchInterval: (found: { state: { data?: Page | undefined } }) =>
        isRunning(found.state.data) ? whileUntold() : (false as const),
    })),
  });
  results.forEach(({ data }, at) => {
    const place = wanted[at];
    if (data && place) shelf.put(place.key, place.page, data, data.total);
  });

  // What came may have opened lists whose pages nobody asked for yet.
  const asked = JSON.stringify(wanted);
  const missing = JSON.stringify(wantedPages(branchOf(shelf, expanded), sight));
  useEffect(() => {
    if (missing !== asked) drawAgain();
  }, [missing, asked]);

  // Lines of before stay until all that is in sight is here, also what is open below its items.
  const isWhole = missing === asked && results.every((result) => !result.isPending);
  if (shelf.totalOf("") !== undefined && (isWhole || !shown.current)) {
    shown.current = coming.current;
  }
  const current = shown.current;
  const isOld = current !== coming.current;
  const failed = results.find((result) => result.isError);
  const lines = current ? linesIn(current.shelf, expanded) : EMPTY;
  return {
    ...lines,
    total: current?.shelf.totalOf(""),
    groups: current && groupsOf(current.shelf),
    runs: current && runsOf(current.shelf),
    isOld,
    isPending: current === undefined && !failed,
    error: failed?.error ?? null,
    retry: () => {
      for (const result of results) if (result.isError) void result.refetch();
    },
  };
}

const EMPTY = { length: 0, at: () => undefined };

function fetchPage(
  query: LinesQuery,
  { key, page }: Wanted,
  signal: AbortSignal,
): Promise<RunTable | RunGroups> {
  const { runs, layout, grouping } = query;
  const offset = page * PAGE_SIZE;
  if (layout === "groups" && key === "") {
    return fetchGroups(runs, grouping, offset, PAGE_SIZE, signal);
  }
  return fetchRuns(runs, partOf(query, key), offset, PAGE_SIZE, signal);
}

function partOf({ layout, grouping }: LinesQuery, key: string): RunPart {
  if (layout === "tree") return { parent_run_id: key };
  return layout === "groups" ? { within: membersOf(key, grouping.by) } : {};
}

function groupsOf(shelf: PageShelf<Page>): RunGroups | undefined {
  const page = shelf.get("", 0);
  return page && isGroups(page) ? page : undefined;
}

function runsOf(shelf: PageShelf<Page>): number | undefined {
  const [page] = shelf.pagesOf("").values();
  return page && isGroups(page) ? page.run_total : shelf.totalOf("");
}

function isRunning(page: RunTable | RunGroups | undefined): boolean {
  return page !== undefined && !isGroups(page) && page.statuses.includes("RUNNING");
}

/** The state of the runs table, kept in the page's address. */
import { useMemo, useState } from "react";
import { changeQuery, joinList, splitList, useAddress } from "../../data/address";
import type { Arrangement } from "../../data/arrangement";
import type { Stage } from "../../data/experiments";
import { allOf, runFilter, statusFilter } from "../../data/language";
import { useMatching } from "../../data/matching_runs";
import { joinRunIds } from "../../data/run_ids";
import {
  addressed,
  formatSelection,
  type Matching,
  parseSelection,
  SELECTION,
  selectedOf,
} from "../../data/run_selection";
import { orderBy } from "../../data/run_table";
import type { Scale } from "../../data/scales";
import type { RunLayout } from "../../data/use_table_lines";
import { formatSorting, parseSorting, type Sorting } from "../../widgets/grid_column";

export type Panes = "table" | "both" | "charts";

export interface RunsState {
  /** As typed: an expression, or words of a name. */
  filter: string;
  /** States of which a run must have one; none asks for nothing. */
  statuses: readonly string[];
  sorting: readonly Sorting[];
  stage: Stage;
  layout: RunLayout;
  /** The columns by which runs are grouped in that layout. */
  groupBy: readonly string[];
  /** The lines below which others are shown. */
  expanded: ReadonlySet<string>;
  shown: ReadonlySet<string>;
  hidden: ReadonlySet<string>;
  arrangement: Arrangement;
  widths: Record<string, number>;
  scales: Record<string, Scale>;
  /** Of an address that selects all that match only those that it names beside them. */
  selected: ReadonlySet<string>;
  panes: Panes | undefined;
  /** The part of the width that the table takes. */
  share: number;
}

/** `all` is what matches, where a change selects that and it was not known before. */
export type ChangeRuns = (changes: Partial<RunsState>, all?: Matching) => void;

const USUAL_SHARE = 0.6;
const LAYOUTS: readonly RunLayout[] = ["flat", "tree", "groups"];

/** Reads the state of an address. */
export function parseRunsState(query: URLSearchParams): RunsState {
  const panes = query.get("panes");
  const share = Number(query.get("share"));
  return {
    filter: query.get("filter") ?? "",
    statuses: splitList(query.get("status")),
    sorting: parseSorting(query.get("sort")),
    stage: query.get("stage") === "deleted" ? "DELETED_ONLY" : "ACTIVE_ONLY",
    layout: LAYOUTS.find((layout) => layout === query.get("layout")) ?? "flat",
    groupBy: splitList(query.get("group")),
    expanded: new Set(splitList(query.get("open"))),
    shown: new Set(splitList(query.get("show"))),
    hidden: new Set(splitList(query.get("hide"))),
    arrangement: { pinned: splitList(query.get("pin")), order: splitList(query.get("order")) },
    widths: pairs(query.get("widths"), (text) => (Number(text) > 0 ? Number(text) : undefined)),
    scales: pairs(query.get("scale"), (text) =>
      text === "low" || text === "high" ? text : undefined,
    ),
    selected: parseSelection(query).run_ids,
    panes: panes === "table" || panes === "both" || panes === "charts" ? panes : undefined,
    share: share > 0 && share < 1 ? share : USUAL_SHARE,
  };
}

/** Reads `id:value` pairs; ids may have colons in them. */
function pairs<Value>(
  text: string | null,
  read: (text: string) => Value | undefined,
): Record<string, Value> {
  const found = splitList(text).flatMap((pair): [string, Value][] => {
    const colon = pair.lastIndexOf(":");
    const value = read(pair.slice(colon + 1));
    return colon > 0 && value !== undefined ? [[pair.slice(0, colon), value]] : [];
  });
  return Object.fromEntries(found);
}

function formatPairs(values: Record<string, string | number>): string {
  return joinList(Object.entries(values).map(([id, value]) => `${id}:${value}`));
}

/** The state as the address carries it; what is as usual is undefined. */
export function formatRunsState(state: Partial<RunsState>): Record<string, string | undefined> {
  const text: Record<string, string | undefined> = {};
  const { arrangement, sorting, widths } = state;
  if ("filter" in state) text.filter = state.filter;
  if (sorting) text.sort = formatSorting(sorting);
  if ("stage" in state) text.stage = state.stage === "DELETED_ONLY" ? "deleted" : undefined;
  if (state.statuses) text.status = joinList(state.statuses);
  if (state.layout) text.layout = state.layout === "flat" ? undefined : state.layout;
  if (state.groupBy) text.group = joinList(state.groupBy);
  if (state.expanded) text.open = joinList([...state.expanded]);
  if (state.shown) text.show = joinList([...state.shown]);
  if (state.hidden) text.hide = joinList([...state.hidden]);
  if (arrangement) {
    text.pin = joinList(arrangement.pinned);
    text.order = joinList(arrangement.order);
  }
  if (state.scales) text.scale = formatPairs(state.scales);
  if (state.selected) text.selected = joinRunIds([...state.selected]);
  if (widths) {
    const rounded = Object.entries(widths).map(([id, size]) => [id, Math.round(size)]);
    text.widths = formatPairs(Object.fromEntries(rounded));
  }
  if ("panes" in state) text.panes = state.panes;
  if ("share" in state) text.share = state.share === USUAL_SHARE ? undefined : String(state.share);
  return text;
}

/** What changes what matches: all matches would be others. */
const NARROWING = ["filter", "statuses", "stage"] as const;

/** What is to be told of the selection. */
export interface SelectionFacts {
  /** It is all that match, which are still asked for. */
  isComing: boolean;
  error: Error | null;
  /** It is too large for the address. */
  isLeftOut: boolean;
}

/** The state, how to change parts of it, and what is to be told of the selection. */
export function useRunsState(experiment_id: string): [RunsState, ChangeRuns, SelectionFacts] {
  const { query } = useAddress();
  const state = parseRunsState(query);
  const { stage } = state;
  const filter = runFilterOf(state);
  const texts = JSON.stringify(SELECTION.map((name) => [name, query.get(name) ?? ""]));
  const written = useMemo(() => parseSelection(new URLSearchParams(JSON.parse(texts))), [texts]);
  const matching = useMatching(
    { experiment_id, filter, stage, order: orderBy(state.sorting), columns: [] },
    written.until,
  );
  // A selection that is too large for the address is that of one view only.
  const [large, setLarge] = useState<{ view: string; run_ids: ReadonlySet<string> }>();
  const view = JSON.stringify([experiment_id, filter, stage, texts]);
  const leftOut = large?.view === view ? large.run_ids : undefined;
  const selected = useMemo(
    () => leftOut ?? selectedOf(written, matching.data),
    [leftOut, written, matching.data],
  );
  const change: ChangeRuns = ({ selected: wanted, ...changes }, all = matching.data) => {
    const changed = formatRunsState(changes);
    if (wanted) {
      const fitting = addressed(wanted, all);
      const now = formatSelection(fitting);
      const nothing = JSON.stringify(SELECTION.map((name) => [name, now[name]]));
      const place = JSON.stringify([experiment_id, filter, stage, nothing]);
      setLarge(fitting ? undefined : { view: place, run_ids: wanted });
      Object.assign(changed, now);
    } else if (written.until !== undefined && NARROWING.some((name) => name in changes)) {
      Object.assign(changed, formatSelection(undefined));
    }
    changeQuery(changed);
  };
  return [
    { ...state, selected },
    change,
    { isComing: matching.isLoading, error: matching.error, isLeftOut: leftOut !== undefined },
  ];
}

/** The filter that the server is asked with: what was typed first, so that positions in it hold. */
export function runFilterOf({ filter, statuses }: Pick<RunsState, "filter" | "statuses">): string {
  return allOf([runFilter(filter), statusFilter(statuses)]);
}

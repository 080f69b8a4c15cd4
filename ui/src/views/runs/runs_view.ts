/** What the runs page shows: its columns and its lines, as the address says. */
import { useMemo, useRef, useState } from "react";
import { arrange } from "../../data/arrangement";
import { chooseColumns, useCensus, usualColumns } from "../../data/column_facts";
import { columnOf, END_REASON, type RunColumn, wireColumn } from "../../data/columns";
import {
  type Grouping,
  groupKeys,
  MOST_MEASURES,
  TIMES,
  useNewestMembers,
  type WantedMembers,
} from "../../data/run_groups";
import { orderBy, type RunQuery } from "../../data/run_table";
import { lookAhead, type Sight } from "../../data/sight";
import { type LinesQuery, type TableLines, useTableLines } from "../../data/use_table_lines";
import { useStable } from "../../widgets/stable";
import { useAskedColumns } from "./asked_columns";
import { type FirstRuns, MOST_DRAWN, MOST_SELECTED } from "./drawn_runs";
import { MOST_GROUPED_BY } from "./group_picker";
import { type RunsState, runFilterOf } from "./runs_state";

/** While somebody scrolls, rows are asked for so often, in ms. */
const PAUSE = 60;
const AT_FIRST: Sight = { first: 0, last: 40 };

/** The columns of an experiment, those on show, and the lines with their values. */
export function useRunsView(experiment_id: string, state: RunsState) {
  const columns = useShownColumns(experiment_id, state);
  const { asked, see } = useAskedColumns(columns.arranged);
  const [sight, onSight] = useSight();
  const grouping = groupingOf(state, asked);
  const runs: RunQuery = {
    experiment_id,
    filter: runFilterOf(state),
    stage: state.stage,
    order: orderBy(state.sorting),
    columns: withEndReason(asked).map(wireColumn),
  };
  // Without columns to group by all runs are one group, which is no grouping.
  const layout = state.layout === "groups" && grouping.by.length === 0 ? "flat" : state.layout;
  const query = { runs, layout, grouping };
  const lines = useTableLines(query, state.expanded, sight, columns.isKnown);
  return {
    ...columns,
    query,
    lines,
    first: useFirst(query, lines),
    rowsKey: JSON.stringify([runs.filter, runs.stage, runs.order, layout, grouping.by]),
    onSight,
    onColumnSight: see,
  };
}

/** The columns and, if it is not among them, the reason of a run's end, which its status tells. */
function withEndReason(asked: readonly RunColumn[]): readonly RunColumn[] {
  const id = `tags.${END_REASON}`;
  const column = columnOf(id);
  return !column || asked.some((each) => each.id === id) ? asked : [...asked, column];
}

/** The runs at the top of the table, or the newest of its first groups. */
function useFirst(query: LinesQuery, lines: TableLines): FirstRuns {
  const top = useRef<FirstRuns>({ run_ids: [], note: undefined });
  const isGrouped = query.layout === "groups";
  const grouped = useFirstOfGroups(query, lines, isGrouped);
  if (isGrouped) return grouped;
  if (lines.total === 0) return { run_ids: [], note: undefined };
  if (!lines.isOld && lines.at(0)) {
    const some = Array.from({ length: MOST_DRAWN }, (_, at) => lines.at(at)?.id);
    const run_ids = some.filter((id) => id !== undefined);
    const isPart = (lines.runs ?? 0) > run_ids.length;
    top.current = {
      run_ids,
      note: isPart ? `First ${run_ids.length} runs of the table` : undefined,
    };
  }
  return top.current;
}

/** The newest runs of the groups at the top, of each as many as all of them leave room for. */
function useFirstOfGroups(query: LinesQuery, lines: TableLines, isGrouped: boolean): FirstRuns {
  const known = useRef<{ wanted: WantedMembers; note: string | undefined }>(undefined);
  const { groups, isOld } = lines;
  if (!isGrouped || groups?.total === 0) known.current = undefined;
  else if (groups && !isOld) {
    const keys = groupKeys(groups).slice(0, MOST_DRAWN);
    const most = Math.floor(MOST_SELECTED / keys.length);
    const isPart = groups.counts.slice(0, keys.length).some((count) => count > most);
    known.current = {
      wanted: { query: query.runs, by: query.grouping.by, keys, most },
      note: groupNote(isPart ? most : undefined, groups.total > keys.length, keys.length),
    };
  }
  const run_ids = useNewestMembers(known.current?.wanted);
  return { run_ids, note: known.current?.note };
}

/** Which runs of which groups are drawn, if not all of all. */
function groupNote(most: number | undefined, isPart: boolean, groups: number): string | undefined {
  const of = isPart ? `the first ${groups} groups` : "each group";
  if (most !== undefined) return `Newest ${most} runs of ${isPart ? "each of " : ""}${of}`;
  return isPart ? `All runs of ${of}` : undefined;
}

/** By what the runs are grouped, and the numbers on show summed up. */
function groupingOf({ groupBy, sorting }: RunsState, asked: readonly RunColumn[]): Grouping {
  const known = groupBy.flatMap((id) => columnOf(id) ?? []).slice(0, MOST_GROUPED_BY);
  const sorted = sorting.flatMap(({ id }) => columnOf(id) ?? []);
  const isNumber = ({ id, group, key, isNumeric }: RunColumn) =>
    !groupBy.includes(id) &&
    (/^(metrics|min|max)$/.test(group) ||
      (group === "params" && isNumeric) ||
      (group === "attributes" && (key === "duration" || TIMES.has(id))));
  const measures = new Map([...sorted, ...asked].filter(isNumber).map((each) => [each.id, each]));
  return {
    by: known.map(wireColumn),
    measures: [...measures.values()].slice(0, MOST_MEASURES).map(wireColumn),
  };
}

/** All columns and those on show; the same arrays as long as nothing about them changes. */
function useShownColumns(experiment_id: string, state: RunsState) {
  const { census, isKnown } = useCensus(experiment_id);
  const usualIds = useMemo(() => usualColumns(census), [census]);
  const choice = JSON.stringify([[...state.shown], [...state.hidden]]);
  const chosen = useMemo(() => {
    const [shown, hidden] = JSON.parse(choice) as [string[], string[]];
    return chooseColumns(census, usualIds, new Set(shown), new Set(hidden));
  }, [census, usualIds, choice]);
  const usual = useMemo(() => chosen.map(({ id }) => id), [chosen]);
  const arrangement = JSON.stringify(state.arrangement);
  const arranged = useMemo(() => {
    const known = new Map(chosen.map((column) => [column.id, column]));
    return arrange(usual, JSON.parse(arrangement)).flatMap((id) => known.get(id) ?? []);
  }, [chosen, usual, arrangement]);
  return { census, isKnown, usualIds, usual, arranged };
}

/** The lines in sight and those that come next, and what is to be told of them. */
function useSight(): [Sight, (first: number, last: number) => void] {
  const [sight, setSight] = useState<Sight>(AT_FIRST);
  const told = useRef<Sight>(AT_FIRST);
  const latest = useRef<Sight>(AT_FIRST);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const see = useStable((first: number, last: number) => {
    latest.current = { first, last };
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setSight(lookAhead(told.current, latest.current));
      told.current = latest.current;
    }, PAUSE);
  });
  return [sight, see];
}

/** What the runs page shows: its columns and its lines, as the address says. */
import { useMemo, useRef, useState } from "react";
import { arrange } from "../../data/arrangement";
import { chooseColumns, useCensus, usualColumns } from "../../data/column_facts";
import { orderBy } from "../../data/run_table";
import { type Sight, useTableLines } from "../../data/use_table_lines";
import { useStable } from "../../widgets/stable";
import { useAskedColumns } from "./asked_columns";
import { MOST_DRAWN } from "./drawn_runs";
import { type RunsState, runFilterOf } from "./runs_state";

/** Rows are asked for when the scrolling has rested so long. */
const REST = 60;

/** The columns of an experiment, those on show, and the lines with their values. */
export function useRunsView(experiment_id: string, state: RunsState) {
  const columns = useShownColumns(experiment_id, state);
  const { asked, see } = useAskedColumns(columns.arranged);
  const [sight, onSight] = useSight();
  const query = {
    experiment_id,
    filter: runFilterOf(state),
    stage: state.stage,
    order: orderBy(state.sorting),
    columns: asked,
  };
  const lines = useTableLines(query, state.layout, state.expanded, sight, columns.isKnown);
  const first = useRef<string[]>([]);
  if (!lines.isOld && lines.at(0)) {
    const some = Array.from({ length: MOST_DRAWN }, (_, at) => lines.at(at)?.id);
    first.current = some.filter((id) => id !== undefined);
  }
  return {
    ...columns,
    query,
    lines,
    /** The runs at the top of the table. */
    first: lines.total === 0 ? [] : first.current,
    rowsKey: JSON.stringify([query.filter, query.stage, query.order, state.layout]),
    onSight,
    onColumnSight: see,
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

/** The lines in sight once scrolling rests, and what is to be told of them. */
function useSight(): [Sight, (first: number, last: number) => void] {
  const [sight, setSight] = useState<Sight>({ first: 0, last: 40 });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const see = useStable((first: number, last: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSight({ first, last }), REST);
  });
  return [sight, see];
}

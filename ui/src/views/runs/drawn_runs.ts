/** Which runs the charts draw, and in which colours. */
import { useMemo } from "react";
import type { Run } from "../../api/types.gen";
import { joinList, splitList } from "../../data/address";
import { runColours } from "../../data/colours";
import { cellOf, columnOf, rowOf } from "../../data/columns";
import { useRunsById } from "../../data/runs";
import { useIsDark } from "../../widgets/theme";
import { valueText } from "./group_cells";

/** Without a selection this many runs are drawn; more lines would hide each other. */
export const MOST_DRAWN = 10;
/** With a selection; the server answers for at most so many at once. */
const MOST_SELECTED = 100;

export interface DrawnRuns {
  runs: readonly Run[];
  runColour: ReadonlyMap<string, string>;
  note: string | undefined;
  /** The group of each run, while runs are grouped. */
  groups: ReadonlyMap<string, string> | undefined;
}

const NO_RUNS: Run[] = [];

/** The selected runs, or else the first of the table. */
export function useDrawnRuns(
  experiment_id: string,
  first: readonly string[],
  total: number,
  selected: ReadonlySet<string>,
  groupBy: readonly string[],
): DrawnRuns {
  const isDark = useIsDark();
  const wanted = selected.size > 0 ? [...selected].slice(0, MOST_SELECTED) : first;
  const runs = useRunsById(experiment_id, wanted).data ?? NO_RUNS;
  // The colours are ready before the runs are, so that the table does not wait for them.
  const ids = wanted.join();
  const runColour = useMemo(
    () => runColours(experiment_id, ids ? ids.split(",") : [], isDark),
    [experiment_id, ids, isDark],
  );
  const by = joinList(groupBy);
  const groups = useMemo(() => groupsOf(runs, splitList(by)), [runs, by]);
  return { runs, runColour, note: noteOf(wanted.length, total, selected.size), groups };
}

/** The values of each run in some columns, in words. */
function groupsOf(runs: readonly Run[], groupBy: readonly string[]) {
  const columns = groupBy.flatMap((id) => columnOf(id) ?? []);
  if (columns.length === 0) return undefined;
  return new Map(
    runs.map((run) => {
      const values = columns.map(({ id, group, key }) =>
        valueText(id, cellOf(rowOf(run), group, key)),
      );
      return [run.info.run_id, values.join(" · ")];
    }),
  );
}

function noteOf(drawn: number, total: number, selected: number): string | undefined {
  if (selected > drawn) return `First ${drawn} of ${selected} selected runs`;
  if (selected > 0) return `${drawn} selected ${drawn === 1 ? "run" : "runs"}`;
  if (total > drawn) return `First ${drawn} runs of the table. Select rows to choose others.`;
  return undefined;
}

/** Which runs the charts draw, and in which colours. */
import { useMemo } from "react";
import type { Run } from "../../api/types.gen";
import { joinList, splitList } from "../../data/address";
import { groupColours, runColours } from "../../data/colours";
import { cellOf, columnOf, rowOf } from "../../data/columns";
import { useRunsById } from "../../data/runs";
import { useIsDark } from "../../widgets/theme";
import { groupLabel } from "./group_cells";

/** Without a selection this many runs are drawn; more lines would hide each other. */
export const MOST_DRAWN = 10;
/** With a selection or groups; the server answers for at most so many at once. */
export const MOST_SELECTED = 100;

/** What is drawn without a selection; the note says which part of the table that is. */
export interface FirstRuns {
  run_ids: readonly string[];
  note: string | undefined;
}

export interface DrawnRuns {
  runs: readonly Run[];
  runColour: ReadonlyMap<string, string>;
  note: string | undefined;
  /** The group of each run, while runs are grouped. */
  groups: ReadonlyMap<string, string> | undefined;
  /** The colour of each group by its name. */
  groupColour: ReadonlyMap<string, string>;
}

const NO_RUNS: Run[] = [];

/** The selected runs, or else the first of the table. */
export function useDrawnRuns(
  experiment_id: string,
  first: FirstRuns,
  selected: ReadonlySet<string>,
  groupBy: readonly string[],
): DrawnRuns {
  const isDark = useIsDark();
  const wanted = selected.size > 0 ? [...selected].slice(0, MOST_SELECTED) : first.run_ids;
  const runs = useRunsById(experiment_id, wanted).data ?? NO_RUNS;
  // The colours are ready before the runs are, so that the table does not wait for them.
  const ids = wanted.join();
  const runColour = useMemo(
    () => runColours(experiment_id, ids ? ids.split(",") : [], isDark),
    [experiment_id, ids, isDark],
  );
  const by = joinList(groupBy);
  const groups = useMemo(() => groupsOf(runs, splitList(by)), [runs, by]);
  const groupColour = useMemo(() => groupColours(groups?.values() ?? [], isDark), [groups, isDark]);
  const note = noteOf(wanted.length, first.note, selected.size);
  return { runs, runColour, note, groups, groupColour };
}

/** The values of each run in some columns, in words. */
function groupsOf(runs: readonly Run[], groupBy: readonly string[]) {
  const columns = groupBy.flatMap((id) => columnOf(id) ?? []);
  if (columns.length === 0) return undefined;
  return new Map(
    runs.map((run) => {
      const values = columns.map(({ group, key }) => cellOf(rowOf(run), group, key));
      return [
        run.info.run_id,
        groupLabel(
          columns.map(({ id }) => id),
          values,
        ),
      ];
    }),
  );
}

function noteOf(drawn: number, first: string | undefined, selected: number): string | undefined {
  if (selected > drawn) return `First ${drawn} of ${selected} selected runs`;
  if (selected > 0) return `${drawn} selected ${drawn === 1 ? "run" : "runs"}`;
  return first && `${first}. Select rows to choose others.`;
}

/** Which runs the charts draw, and in which colours. */
import { useMemo, useRef } from "react";
import type { Run } from "../../api/types.gen";
import { runColours } from "../../data/colours";
import { useRunsById } from "../../data/runs";
import { useIsDark } from "../../widgets/theme";

/** Without a selection this many runs are drawn; more lines would hide each other. */
const MOST_DRAWN = 10;
/** With a selection; the server answers for at most so many at once. */
const MOST_SELECTED = 100;

export interface DrawnRuns {
  runs: readonly Run[];
  runColour: ReadonlyMap<string, string>;
  note: string | undefined;
}

/** The selected runs, loaded or not, or else the first of the table. */
export function useDrawnRuns(
  experiment_id: string,
  loaded: readonly Run[],
  selected: ReadonlySet<string>,
): DrawnRuns {
  const isDark = useIsDark();
  const known = new Set(loaded.map((run) => run.info.run_id));
  const elsewhere = useRunsById(
    experiment_id,
    [...selected].filter((id) => !known.has(id)).slice(0, MOST_SELECTED),
  );
  const wanted = selected.size
    ? [...loaded.filter((run) => selected.has(run.info.run_id)), ...(elsewhere.data ?? [])]
    : loaded.slice(0, MOST_DRAWN);
  const runs = useSameIfEqual(wanted.slice(0, MOST_SELECTED));
  const runColour = useMemo(() => {
    const ids = runs.map((run) => run.info.run_id);
    return runColours(experiment_id, ids, isDark);
  }, [experiment_id, runs, isDark]);
  return {
    runs,
    runColour,
    note: noteOf(wanted.length, runs.length, loaded.length, selected.size),
  };
}

/** The array of before as long as it holds the same runs. */
function useSameIfEqual(wanted: readonly Run[]): readonly Run[] {
  const last = useRef(wanted);
  const isSame =
    last.current.length === wanted.length && last.current.every((run, at) => run === wanted[at]);
  if (!isSame) last.current = wanted;
  return last.current;
}

function noteOf(
  wanted: number,
  drawn: number,
  loaded: number,
  selected: number,
): string | undefined {
  if (wanted > drawn) return `First ${drawn} of ${wanted} selected runs`;
  if (selected > 0) return `${drawn} selected ${drawn === 1 ? "run" : "runs"}`;
  if (loaded > drawn) return `First ${drawn} runs of the table. Select rows to choose others.`;
  return undefined;
}

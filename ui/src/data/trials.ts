/** Trials of a sweep: runs by the number of their point, in what order, and which is the best. */
import type { RunTable } from "../api/types.gen";
import { type CellValue, END_REASON } from "./columns";
import { byName } from "./order";
import { valuesOf } from "./run_table";
import type { SweepPlan } from "./sweeps";

/** The tag that makes a run the parent of a sweep; it tells how points are chosen. */
export const SWEEP = "millstream.sweep";
/** The tag with the number of the point that a run tries. */
export const TRIAL_NUMBER = "millstream.sweep.point";
/** What stands before the param in the metric that tells how much it matters. */
const IMPORTANCE = "importance/";

export type TrialState = "finished" | "failed" | "killed" | "running";

/** What became of runs that have ended, by their status. */
export const ENDED: Record<string, TrialState> = {
  FINISHED: "finished",
  FAILED: "failed",
  KILLED: "killed",
};

/** One point of a sweep and the run that tried it. */
export interface Trial {
  number: number;
  state: TrialState;
  /** Values of the params that vary, in the order of the plan. */
  point: CellValue[];
  /** The last value of the sweep's metric; NaN if there is none. */
  value: number;
  info: {
    run_id: string;
    run_name: string;
    experiment_id: string;
    status: string;
    start_time: number | null;
    end_time: number | null;
  };
  /** Why it ended as it did. */
  reason: string | undefined;
}

/** The trials in some tables; of several runs of a point that which finished, else the latest. */
export function trialsIn(
  tables: readonly RunTable[],
  plan: Pick<SweepPlan, "params" | "metric">,
): Trial[] {
  const trials = new Map<number, Trial>();
  for (const table of tables) {
    for (let at = 0; at < table.run_ids.length; at++) {
      const trial = trialAt(table, at, plan);
      const known = trial && trials.get(trial.number);
      if (trial && (!known || stands(trial, known))) trials.set(trial.number, trial);
    }
  }
  return [...trials.values()].sort((a, b) => a.number - b.number);
}

function trialAt(
  table: RunTable,
  at: number,
  { params, metric }: Pick<SweepPlan, "params" | "metric">,
): Trial | undefined {
  const columns = valuesOf(table);
  const number = columns.get(`tags.${TRIAL_NUMBER}`)?.[at];
  // Other runs may have been put below the parent.
  if (typeof number !== "string" || !/^\d{1,9}$/.test(number)) return undefined;
  const value = metric === undefined ? undefined : columns.get(`metrics.${metric}`)?.[at];
  const reason = columns.get(`tags.${END_REASON}`)?.[at];
  const status = table.statuses[at] ?? "";
  return {
    number: Number(number),
    state: ENDED[status] ?? "running",
    point: params.map((key) => columns.get(`params.${key}`)?.[at]),
    value: typeof value === "number" ? value : Number.NaN,
    info: {
      run_id: table.run_ids[at] ?? "",
      run_name: table.run_names[at] ?? "",
      experiment_id: table.experiment_ids[at] ?? "",
      status,
      start_time: table.start_times[at] ?? null,
      end_time: table.end_times[at] ?? null,
    },
    reason: reason === undefined ? undefined : String(reason),
  };
}

/** Whether a run says more of its point than another: what has finished is not run again. */
function stands(one: Trial, other: Trial): boolean {
  const isFinished = one.state === "finished";
  if (isFinished !== (other.state === "finished")) return isFinished;
  return (one.info.start_time ?? 0) >= (other.info.start_time ?? 0);
}

/** How many are in which state. */
export type Counts = Record<TrialState, number>;
export type Progress = Counts & { planned: number };

/** The points of a sweep of some size by their states; what was not begun is planned. */
export function progressOf(counts: Counts, size: number): Progress {
  const begun = Object.values(counts).reduce((sum, each) => sum + each, 0);
  return { ...counts, planned: Math.max(0, size - begun) };
}

/** Counts the trials by their states. */
export function countsOf(trials: readonly Trial[]): Counts {
  const counts: Counts = { finished: 0, failed: 0, killed: 0, running: 0 };
  for (const { state } of trials) counts[state] += 1;
  return counts;
}

/** The finished trial with the best value; undefined where none told a finite one. */
export function bestOf(trials: readonly Trial[], goal: SweepPlan["goal"]): Trial | undefined {
  let best: Trial | undefined;
  for (const trial of valued(trials)) {
    if (!best || isBetter(trial.value, best.value, goal)) best = trial;
  }
  return best;
}

/** The best value among each trial and those before it, for trials in the order of their numbers. */
export function bestSoFar(values: readonly number[], goal: SweepPlan["goal"]): number[] {
  let best = Number.NaN;
  return values.map((value) => {
    if (Number.isFinite(value) && (Number.isNaN(best) || isBetter(value, best, goal))) best = value;
    return best;
  });
}

function isBetter(one: number, other: number, goal: SweepPlan["goal"]): boolean {
  return goal === "maximize" ? one > other : one < other;
}

/** The finished trials that told a finite value. */
export function valued(trials: readonly Trial[]): Trial[] {
  return trials.filter(({ state, value }) => state === "finished" && Number.isFinite(value));
}

export type TrialValue = (trial: Trial) => CellValue | null;

/** Trials by what a column says of them; those of which it says nothing are last both ways. */
export function sortTrials(
  trials: readonly Trial[],
  sortedBy: TrialValue,
  isDescending: boolean,
): Trial[] {
  const sign = isDescending ? -1 : 1;
  return trials
    .map((trial) => ({ trial, value: sortedBy(trial) }))
    .sort((a, b) => {
      const gap = Number(isAbsent(a.value)) - Number(isAbsent(b.value));
      return gap || sign * ordered(a.value, b.value) || a.trial.number - b.trial.number;
    })
    .map(({ trial }) => trial);
}

function isAbsent(value: CellValue | null): boolean {
  return value === undefined || value === null || value === "" || Number.isNaN(value);
}

function ordered(a: CellValue | null, b: CellValue | null): number {
  if (isAbsent(a) || isAbsent(b)) return 0;
  if (a === b) return 0;
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x < y ? -1 : Number(x > y);
  return byName(String(a), String(b));
}

/** How much each param matters, the most first, from the metrics of the parent run. */
export function importancesIn(
  metrics: ReadonlyMap<string, number>,
): { param: string; share: number }[] {
  return [...metrics]
    .filter(([key, share]) => key.startsWith(IMPORTANCE) && Number.isFinite(share))
    .map(([key, share]) => ({ param: key.slice(IMPORTANCE.length), share }))
    .sort((a, b) => b.share - a.share || byName(a.param, b.param));
}

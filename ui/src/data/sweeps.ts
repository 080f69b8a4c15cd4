/** Sweeps: what one was asked to try, and what has become of it. */
import { useQuery } from "@tanstack/react-query";
import type { Column, Run, RunTable } from "../api/types.gen";
import { fileAddress, readPart } from "./artifacts";
import { childFilter } from "./child_runs";
import { END_REASON } from "./columns";
import { parseJson } from "./json_values";
import { quoted } from "./language";
import { whileUntold } from "./news";
import { fetchRuns, orderBy, type RunQuery } from "./run_table";
import { isLive } from "./runs";
import { type Counts, ENDED, TRIAL_NUMBER, type Trial, trialsIn } from "./trials";

const PLAN = "sweep/sweep.json";
/** Grids of long values are long; in bytes. */
const MOST_BYTES = 4 * 1024 * 1024;
/** A sweep that is just beginning has its tag before its file; in milliseconds. */
const UNTIL_WRITTEN = 2_000;
const ROWS_AT_ONCE = 1_000;
/** Of sweeps of more trials the best are shown: more would keep a page that is live too busy. */
export const MOST_TRIALS = 10_000;

/** What a sweep was asked to try. */
export interface SweepPlan {
  strategy: string;
  /** How many points are tried. */
  size: number;
  /** The params that vary. */
  params: string[];
  metric: string | undefined;
  goal: "minimize" | "maximize";
}

/** The plan in the text of its file; undefined if there is none in it. */
export function planIn(text: string): SweepPlan | undefined {
  const plan = partsOf(read(text));
  if (!Array.isArray(plan.dimensions)) return undefined;
  const dimensions = plan.dimensions.map(partsOf);
  const params = dimensions.flatMap(({ name }) => (typeof name === "string" ? [name] : []));
  const points = plan.strategy === "grid" ? combinations(dimensions) : plan.count;
  if (typeof points !== "number" || params.length !== dimensions.length) return undefined;
  return {
    strategy: textOf(plan.strategy),
    size: points,
    params,
    metric: textOf(plan.metric) || undefined,
    goal: plan.goal === "maximize" ? "maximize" : "minimize",
  };
}

type Parts = Record<string, unknown>;

function read(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined; // cut off, or overwritten by somebody
  }
}

function partsOf(value: unknown): Parts {
  return typeof value === "object" && value !== null ? (value as Parts) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function combinations(dimensions: readonly Parts[]): number {
  const counts = dimensions.map(({ values }) => (Array.isArray(values) ? values.length : 0));
  return counts.reduce((product, each) => product * each, 1);
}

/** The plan of a sweep from its parent run. */
export function useSweepPlan(run: Run) {
  const { run_id } = run.info;
  return useQuery({
    queryKey: ["sweep plan", run_id],
    queryFn: async ({ signal }): Promise<SweepPlan> => {
      const { bytes } = await readPart(fileAddress(run_id, PLAN), 0, MOST_BYTES, signal);
      const plan = planIn(new TextDecoder().decode(bytes));
      if (!plan) throw new Error(`${PLAN} of the run is damaged: it holds no plan of a sweep`);
      return plan;
    },
    staleTime: 60_000,
    refetchInterval: (query) => (!query.state.data && isLive(run) ? UNTIL_WRITTEN : false),
  });
}

/** The trials of a sweep, one for each point that was begun. */
export interface Trials {
  trials: Trial[];
  /** How many runs there are, of which only the first `MOST_TRIALS` are read. */
  runs: number;
  /** How many of all runs are in which state, where not all are read. */
  counts: Counts | undefined;
}

/** All trials of a sweep; asked for anew while it goes on. */
export function useTrials(run: Run, plan: SweepPlan) {
  const { run_id, experiment_id } = run.info;
  const query = trialsQuery(run, plan);
  return useQuery({
    queryKey: ["runs", "trials", experiment_id, run_id, query.order, query.columns],
    queryFn: async ({ signal }): Promise<Trials> => {
      const tables = await fetchAll(query, signal);
      const runs = tables[0]?.total ?? 0;
      const counts = runs > MOST_TRIALS ? await countAll(query, runs, signal) : undefined;
      return { trials: trialsIn(tables, plan), runs, counts };
    },
    structuralSharing: false,
    refetchInterval: (asked) =>
      isLive(run) || isUnderWay(asked.state.data) ? whileUntold() : false,
  });
}

function isUnderWay(found: Trials | undefined): boolean {
  if (found?.counts) return found.counts.running > 0;
  return found?.trials.some(({ state }) => state === "running") ?? false;
}

function trialsQuery(run: Run, { params, metric, goal }: SweepPlan): RunQuery {
  const columns: Column[] = [
    { kind: "tag", key: TRIAL_NUMBER },
    { kind: "tag", key: END_REASON },
    ...params.map((key): Column => ({ kind: "param", key })),
    ...(metric ? [{ kind: "metric", key: metric } as const] : []),
  ];
  const id = metric ? `metrics.${metric}` : "attributes.start_time";
  return {
    experiment_id: run.info.experiment_id,
    filter: childFilter(run.info.run_id),
    stage: "ACTIVE_ONLY",
    order: orderBy([{ id, isDescending: metric !== undefined && goal === "maximize" }]),
    columns,
  };
}

/** The first rows tell how many there are; the others are asked for at once. */
async function fetchAll(query: RunQuery, signal: AbortSignal): Promise<RunTable[]> {
  const ask = (offset: number) => fetchRuns(query, {}, offset, ROWS_AT_ONCE, signal);
  const first = await ask(0);
  const offsets: number[] = [];
  for (let at = ROWS_AT_ONCE; at < Math.min(first.total, MOST_TRIALS); at += ROWS_AT_ONCE) {
    offsets.push(at);
  }
  return [first, ...(await Promise.all(offsets.map(ask)))];
}

/** Asks for the numbers alone; whatever has not ended counts as running. */
async function countAll(query: RunQuery, runs: number, signal: AbortSignal): Promise<Counts> {
  const counts: Counts = { finished: 0, failed: 0, killed: 0, running: runs };
  for (const [status, state] of Object.entries(ENDED)) {
    const filter = `${query.filter} AND attributes.status = ${quoted(status)}`;
    const { total } = await fetchRuns({ ...query, filter, columns: [] }, {}, 0, 1, signal);
    counts[state] = total;
    counts.running -= total;
  }
  return counts;
}

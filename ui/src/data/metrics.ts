/** Series of metrics as columns, thinned by the server to what the eye resolves. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Column, GetSeries, Run, Series } from "../api/types.gen";
import { quoted } from "./language";
import { whileUntold } from "./news";
import { toNumber } from "./numbers";
import { fetchRuns, valuesOf } from "./run_table";
import { isLive } from "./runs";
import { fetchSeries } from "./series_requests";

/** One metric of one run as columns of equal length; values may be NaN or infinite. */
export interface Line {
  run_id: string;
  metric_key: string;
  total: number;
  steps: number[];
  timestamps: number[];
  values: number[];
}

/** A range of steps, both ends included. */
export interface StepRange {
  start: number;
  end: number;
}

/** What a chart asks for. `version` changes when the runs have logged more. */
export interface SeriesWanted {
  run_ids: readonly string[];
  metric_keys: readonly string[];
  range?: StepRange | undefined;
  buckets: number;
  isLive: boolean;
  enabled: boolean;
}

/** As many ranges of steps as a chart resolves, each drawn with its ends and its extremes. */
export const BUCKETS = 250;

/** How lines are asked for. */
export function seriesQuery(request: GetSeries, isLive: boolean) {
  return queryOptions({
    queryKey: ["series", request],
    queryFn: async ({ signal }) => {
      const parts = partsOf(request).map((part) => fetchSeries(part, signal));
      return toLines((await Promise.all(parts)).flat());
    },
    structuralSharing: false,
    staleTime: isLive ? 0 : 30_000,
  });
}

/** The server answers for at most so many series at once: runs times metrics. */
const MOST_SERIES = 1_000;

/** The request in as many parts as the server needs, each about some of the runs. */
export function partsOf(request: GetSeries): GetSeries[] {
  const { run_ids, metric_keys } = request;
  const most = Math.max(1, Math.floor(MOST_SERIES / Math.max(1, metric_keys.length)));
  const parts = [];
  for (let at = 0; at < run_ids.length; at += most) {
    parts.push({ ...request, run_ids: run_ids.slice(at, at + most) });
  }
  return parts;
}

/** How the whole of some metrics of some runs is asked for. */
export function wholeSeries(run_ids: readonly string[], metric_keys: readonly string[]): GetSeries {
  return { run_ids: [...run_ids], metric_keys: [...metric_keys], buckets: BUCKETS };
}

/** The lines of some metrics of some runs; a finer range replaces the coarse one when it arrives. */
export function useSeries(wanted: SeriesWanted) {
  const request: GetSeries = {
    ...wholeSeries(wanted.run_ids, wanted.metric_keys),
    start_step: wanted.range?.start,
    end_step: wanted.range?.end,
    buckets: wanted.buckets,
  };
  return useQuery({
    ...seriesQuery(request, wanted.isLive),
    enabled: wanted.enabled && request.run_ids.length > 0 && request.metric_keys.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: () => (wanted.isLive ? whileUntold() : false),
  });
}

function toLines(found: readonly Series[]): Line[] {
  return found.map((series) => ({ ...series, values: series.values.map(toNumber) }));
}

/** Lowest and highest of a metric of a run; `points` is known where they are the same. */
export interface Extremes {
  lowest: number;
  highest: number;
  points: number | undefined;
}

/** Asking for the extremes of more metrics than this would be slow for little use. */
const MOST_EXTREMES = 500;
const NO_LINES: Line[] = [];
const NO_KEYS: string[] = [];

/** How the ends of all metrics of a run are asked for. */
export function endsQuery(run: Run) {
  const { run_id, experiment_id } = run.info;
  const keys = run.data?.metrics?.map((metric) => metric.key) ?? NO_KEYS;
  return queryOptions({
    queryKey: ["runs", "extremes", run_id, keys],
    queryFn: ({ signal }) => fetchEnds(run_id, experiment_id, keys, signal),
    enabled: keys.length > 0 && keys.length <= MOST_EXTREMES,
    structuralSharing: false,
  });
}

/** The extremes of all metrics of a run; empty while they are not known. */
export function useExtremes(run: Run): {
  extremes: ReadonlyMap<string, Extremes>;
  isLoading: boolean;
} {
  const { run_id } = run.info;
  const ends = useQuery({ ...endsQuery(run), placeholderData: keepPreviousData });
  // A metric that varies was logged more than once; of the others the points have to be counted.
  const same = useMemo(
    () => [...(ends.data ?? [])].filter(isSame).map(([key]) => key),
    [ends.data],
  );
  const counted = useSeries({
    run_ids: [run_id],
    metric_keys: same,
    buckets: 1,
    isLive: isLive(run),
    enabled: same.length > 0,
  });
  const lines = counted.data ?? NO_LINES;
  const extremes = useMemo(() => extremesOf(ends.data ?? NO_ENDS, lines), [ends.data, lines]);
  return { extremes, isLoading: ends.isLoading || counted.isLoading };
}

type Ends = ReadonlyMap<string, { lowest: number; highest: number }>;
const NO_ENDS: Ends = new Map();

function isSame([, { lowest, highest }]: [string, { lowest: number; highest: number }]): boolean {
  return Object.is(lowest, highest);
}

/** The ends as the store keeps them, without looking at any point; NaN where nothing else was logged. */
async function fetchEnds(
  run_id: string,
  experiment_id: string,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<Ends> {
  const columns = keys.flatMap((key): Column[] => [
    { kind: "metric", key, aggregate: "min" },
    { kind: "metric", key, aggregate: "max" },
  ]);
  const filter = `attributes.run_id = ${quoted(run_id)}`;
  const query = { experiment_id, filter, stage: "ALL", order: [], columns } as const;
  const values = valuesOf(await fetchRuns(query, {}, 0, 1, signal));
  const end = (group: "min" | "max", key: string) => {
    const value = values.get(`${group}.${key}`)?.[0];
    return typeof value === "number" ? value : Number.NaN;
  };
  return new Map(keys.map((key) => [key, { lowest: end("min", key), highest: end("max", key) }]));
}

/** The ends with the points of those lines that were counted. */
export function extremesOf(ends: Ends, lines: readonly Line[]): Map<string, Extremes> {
  const points = new Map(lines.map((line) => [line.metric_key, line.total]));
  return new Map(
    [...ends].map(([key, { lowest, highest }]) => [
      key,
      { lowest, highest, points: points.get(key) },
    ]),
  );
}

/** Series of metrics as columns, thinned by the server to what the eye resolves. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { postOwn } from "../api/client";
import type { GetSeries, Run, SeriesPage } from "../api/types.gen";
import { whileUntold } from "./news";
import { toNumber } from "./numbers";
import { isLive } from "./runs";

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

/** The lines of some metrics of some runs; a finer range replaces the coarse one when it arrives. */
export function useSeries(wanted: SeriesWanted) {
  const request: GetSeries = {
    run_ids: [...wanted.run_ids],
    metric_keys: [...wanted.metric_keys],
    start_step: wanted.range?.start,
    end_step: wanted.range?.end,
    buckets: wanted.buckets,
  };
  return useQuery({
    queryKey: ["series", request],
    queryFn: async ({ signal }) =>
      toLines(await postOwn<SeriesPage>("metrics/series", request, signal)),
    enabled: wanted.enabled && request.run_ids.length > 0 && request.metric_keys.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: () => (wanted.isLive ? whileUntold() : false),
    structuralSharing: false,
    staleTime: wanted.isLive ? 0 : 30_000,
  });
}

function toLines(page: SeriesPage): Line[] {
  return (page.series ?? []).map((series) => ({ ...series, values: series.values.map(toNumber) }));
}

/** Lowest and highest of each metric of a run, and how many points it has. */
export interface Extremes {
  lowest: number;
  highest: number;
  total: number;
}

/** The extremes of each line; NaN counts only if there is nothing else. */
export function extremesOf(lines: readonly Line[]): Map<string, Extremes> {
  return new Map(
    lines.map((line) => {
      const numbers = line.values.filter((value) => !Number.isNaN(value));
      const lowest = numbers.length ? Math.min(...numbers) : Number.NaN;
      const highest = numbers.length ? Math.max(...numbers) : Number.NaN;
      return [line.metric_key, { lowest, highest, total: line.total }];
    }),
  );
}

/** Asking for the extremes of more metrics than this would be slow for little use. */
const MOST_EXTREMES = 500;
const NONE: ReadonlyMap<string, Extremes> = new Map();

/** The extremes of all metrics of a run; empty while they are not known. */
export function useExtremes(run: Run): {
  extremes: ReadonlyMap<string, Extremes>;
  isLoading: boolean;
} {
  const keys = run.data?.metrics?.map((metric) => metric.key) ?? [];
  const { data, isLoading } = useSeries({
    run_ids: [run.info.run_id],
    metric_keys: keys,
    // One bucket keeps the first, last, lowest and highest point: all that is needed.
    buckets: 1,
    isLive: isLive(run),
    enabled: keys.length <= MOST_EXTREMES,
  });
  return useMemo(
    () => ({ extremes: data ? extremesOf(data) : NONE, isLoading }),
    [data, isLoading],
  );
}

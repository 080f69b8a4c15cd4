/** Earlier attempts of a run: what was left behind when it went on from an earlier step. */
import { useQueries } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Run } from "../api/types.gen";
import { rowOf } from "./columns";
import { type Line, seriesQuery, wholeSeries } from "./metrics";

/** The tag of a run that was resumed from a step: the number of the attempt that goes on. */
const TAG = "millstream.attempt";
/** More of them would hide each other. */
const MOST = 8;

/** A line of an earlier attempt, by its number. */
export interface EarlierLine extends Line {
  attempt: number;
}

/** The numbers of a run's earlier attempts, the last ones if there are many. */
export function earlierAttempts(run: Run): number[] {
  const current = Number(rowOf(run).tags.get(TAG) ?? 1);
  if (!Number.isInteger(current) || current < 2) return [];
  const first = Math.max(1, current - MOST);
  return Array.from({ length: current - first }, (_, at) => first + at);
}

/** What was left behind of some metrics of a run; nothing without a run. */
export function useEarlierLines(run: Run | undefined, metric_keys: readonly string[]) {
  const attempts = run && metric_keys.length > 0 ? earlierAttempts(run) : [];
  const first = attempts[0] ?? 0;
  const combine = useCallback(
    (found: readonly { data?: Line[] | undefined }[]) =>
      found.flatMap(({ data = [] }, at) =>
        data.map((line): EarlierLine => ({ ...line, attempt: first + at })),
      ),
    [first],
  );
  return useQueries({
    queries: attempts.map((attempt) => {
      const request = wholeSeries([run?.info.run_id ?? ""], metric_keys);
      return seriesQuery({ ...request, attempt }, false);
    }),
    combine,
  });
}

/** What a run has, so that views of what it does not have are not offered. */
import type { RunRow } from "../../data/columns";
import { SWEEP } from "../../data/trials";

interface RunContents {
  hasOwnMetrics: boolean;
  hasSystemMetrics: boolean;
  hasImages: boolean;
  /** Whether it is the parent run of a sweep. */
  isSweep: boolean;
}

/** Whether a metric measures the machine rather than the run. */
export function isOfSystem(metric_key: string): boolean {
  return metric_key.startsWith("system/");
}

export function contentsOf(row: RunRow): RunContents {
  const keys = [...row.metrics.keys()];
  return {
    hasOwnMetrics: keys.some((key) => !isOfSystem(key)),
    hasSystemMetrics: keys.some(isOfSystem),
    hasImages: row.tags.has("mlflow.loggedImages"),
    isSweep: row.tags.has(SWEEP),
  };
}

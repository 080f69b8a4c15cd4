/** Whether a run can be reproduced, whether it was, and what came out differently. */
import type { Run } from "../api/types.gen";
import { rowOf } from "./columns";
import { SWEEP } from "./trials";

/** On a run: the child that came out the same. */
const REPRODUCED = "millstream.reproduced";
/** On a child: the run that it repeats, how it came out, and what differs as a JSON list. */
const REPRODUCES = "millstream.reproduces";
const OUTCOME = "millstream.reproduction.outcome";
const FINDINGS = "millstream.reproduction.findings";

/** That a run was reproduced: by which child, when in ms, and how far apart values may be. */
export interface Stamp {
  run_id: string;
  at: number | undefined;
  tolerance: number | undefined;
}

/** The stamp of a run; undefined if it was never reproduced. */
export function stampOf(run: Run): Stamp | undefined {
  const { tags } = rowOf(run);
  const run_id = tags.get(REPRODUCED);
  if (!run_id) return undefined;
  return {
    run_id,
    at: numberOf(tags.get(`${REPRODUCED}.at`)),
    tolerance: numberOf(tags.get(`${REPRODUCED}.tolerance`)),
  };
}

function numberOf(text: string | undefined): number | undefined {
  const number = Number(text || Number.NaN);
  return Number.isFinite(number) ? number : undefined;
}

/** The id of the run that a run repeats. */
export function originalOf(run: Run): string | undefined {
  return rowOf(run).tags.get(REPRODUCES) || undefined;
}

/** One thing that differs: what kind of cause it is, its name, what was expected and what came. */
export interface Finding {
  cause: string;
  name: string;
  expected: string | number | null;
  got: string | number | null;
}

/** What a child says that differs, the likeliest cause first; undefined if it was not written. */
export function findingsOf(run: Run): Finding[] | undefined {
  const text = rowOf(run).tags.get(FINDINGS);
  if (text === undefined) return undefined;
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) ? found.flatMap(findingIn) : undefined;
  } catch {
    return undefined; // written by somebody else
  }
}

function findingIn(value: unknown): Finding[] {
  if (typeof value !== "object" || value === null) return [];
  const { cause, name, expected, got } = value as Record<string, unknown>;
  if (typeof cause !== "string" || typeof name !== "string") return [];
  return [{ cause, name, expected: sideOf(expected), got: sideOf(got) }];
}

function sideOf(value: unknown): string | number | null {
  return typeof value === "string" || typeof value === "number" ? value : null;
}

/** How a reproduction came out: `lost` is one of which nothing was written. */
export type Outcome = "under way" | "same" | "different" | "lost";

/** The outcome of a child. */
export function outcomeOf(child: Run): Outcome {
  const written = rowOf(child).tags.get(OUTCOME);
  if (written === "same" || written === "different") return written;
  return child.info.status === "RUNNING" ? "under way" : "lost";
}

/** Why a run cannot be reproduced, and what to do; undefined if nothing is known against it. */
export function obstacleOf(run: Run): string | undefined {
  const { tags, metrics } = rowOf(run);
  const { status } = run.info;
  if (tags.has(SWEEP)) return "A sweep has run nothing itself: reproduce one of its trials.";
  if (status === "RUNNING" || status === "SCHEDULED")
    return "A run can be reproduced once it has finished.";
  if (status !== "FINISHED")
    return "Only a run that finished can be reproduced, and this one did not.";
  const type = tags.get("mlflow.source.type");
  if (type !== "PROJECT" && type !== "LOCAL") {
    return `Runs of scripts and projects can be reproduced; this one is of ${typeName(type)}.`;
  }
  if (!tags.get("mlflow.source.git.commit")) {
    return "No commit was recorded, so its code is not known: run scripts and projects from a git repository.";
  }
  const isMeasured = [...metrics.keys()].some((key) => !key.startsWith("system/"));
  if (!isMeasured && !run.inputs?.dataset_inputs?.length) {
    return "It has neither metrics nor datasets, so there is nothing to compare: log what is to come out the same.";
  }
  return undefined;
}

function typeName(type: string | undefined): string {
  if (type === "NOTEBOOK") return "a notebook";
  return type === "JOB" ? "a job" : "a source that is not known";
}

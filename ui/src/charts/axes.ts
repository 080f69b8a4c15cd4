/** What stands on the x-axis, and how places on it are written. */
import type { Line, StepRange } from "../data/metrics";
import { shortNumber } from "../data/numbers";
import { duration, exactTime } from "../data/times";
import { valuesAtSteps } from "./interpolation";

/** Steps, ms since the run began, ms since 1970, or the value of another metric. */
export type AxisKind = "step" | "relative" | "wall" | `metrics.${string}`;

const METRIC = "metrics.";

/** A part of the x-axis, in its own unit. */
export interface AxisRange {
  min: number;
  max: number;
}

/** The metric whose values stand on the axis, if it is one. */
export function metricOfAxis(kind: AxisKind): string | undefined {
  return kind.startsWith(METRIC) ? kind.slice(METRIC.length) : undefined;
}

/** The axis that an address names; steps if it names none. */
export function parseAxis(text: string | null): AxisKind {
  if (text === "relative" || text === "wall") return text;
  return text?.startsWith(METRIC) ? `metrics.${text.slice(METRIC.length)}` : "step";
}

/** What the axis is called. */
export function axisLabel(kind: AxisKind): string {
  if (kind === "step") return "step";
  if (kind === "wall") return "time";
  return kind === "relative" ? "time since the start" : kind.slice(METRIC.length);
}

/**
 * Where the points of a line are; NaN where that is not known. `along` is the series of the metric
 * on the axis, of the same run.
 */
export function placesOf(
  line: Line,
  kind: AxisKind,
  runStart: number | undefined,
  along: Line | undefined,
): number[] {
  if (kind === "step") return line.steps;
  if (kind === "wall") return line.timestamps;
  if (kind === "relative") {
    const start = runStart ?? line.timestamps[0] ?? 0;
    return line.timestamps.map((time) => time - start);
  }
  return valuesAtSteps(along, line.steps);
}

/** A place on the axis, written out. */
export function placeText(place: number, kind: AxisKind): string {
  if (kind === "step") return `step ${shortNumber(place)}`;
  if (kind === "wall") return exactTime(place);
  if (kind === "relative") return duration(place);
  return `${axisLabel(kind)} ${shortNumber(place)}`;
}

/** Steps and places of the points of a line. */
export interface PlacedSteps {
  steps: readonly number[];
  x: readonly number[];
}

/** The steps to ask the server for when a part of the axis is looked at more closely. */
export function stepsWithin(
  lines: readonly PlacedSteps[],
  kind: AxisKind,
  range: AxisRange,
): StepRange | undefined {
  if (kind === "step") return { start: Math.floor(range.min), end: Math.ceil(range.max) };
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const { steps, x } of lines) {
    x.forEach((place, at) => {
      if (Number.isNaN(place)) return;
      // A point counts if it or a neighbour is in sight, so that lines reach the edges.
      const before = known(x[at - 1], place);
      const after = known(x[at + 1], place);
      if (Math.max(before, place, after) < range.min) return;
      if (Math.min(before, place, after) > range.max) return;
      const step = steps[at] ?? 0;
      start = Math.min(start, step);
      end = Math.max(end, step);
    });
  }
  return end >= start ? { start, end } : undefined;
}

function known(place: number | undefined, otherwise: number): number {
  return place === undefined || Number.isNaN(place) ? otherwise : place;
}

/** `lo..hi` for the page's address. */
export function formatRange(range: AxisRange | undefined): string | undefined {
  return range && `${Number(range.min.toPrecision(8))}..${Number(range.max.toPrecision(8))}`;
}

/** The range that `formatRange` wrote; nothing if it is no range. */
export function parseRange(text: string | null): AxisRange | undefined {
  const [min, max] = (text ?? "").split("..").map(Number);
  const isRange = min !== undefined && max !== undefined && max > min;
  return isRange ? { min, max } : undefined;
}

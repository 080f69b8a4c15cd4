/** What stands on the x-axis, and how places on it are written. */
import type { Line, StepRange } from "../data/metrics";
import { shortNumber } from "../data/numbers";
import { duration, exactTime } from "../data/times";

export type AxisKind = "step" | "relative" | "wall";
export const AXIS_KINDS: readonly AxisKind[] = ["step", "relative", "wall"];

/** A part of the x-axis, in its own unit. */
export interface AxisRange {
  min: number;
  max: number;
}

/** Where the points of a line are: steps, ms since the run began, or ms since 1970. */
export function placesOf(line: Line, kind: AxisKind, runStart: number | undefined): number[] {
  if (kind === "step") return line.steps;
  if (kind === "wall") return line.timestamps;
  const start = runStart ?? line.timestamps[0] ?? 0;
  return line.timestamps.map((time) => time - start);
}

/** A place on the axis, written out. */
export function placeText(place: number, kind: AxisKind): string {
  if (kind === "step") return `step ${shortNumber(place)}`;
  return kind === "wall" ? exactTime(place) : duration(place);
}

/** The steps to ask the server for when a part of the axis is looked at more closely. */
export function stepsWithin(
  lines: readonly Line[],
  kind: AxisKind,
  range: AxisRange,
  starts: ReadonlyMap<string, number>,
): StepRange | undefined {
  if (kind === "step") return { start: Math.floor(range.min), end: Math.ceil(range.max) };
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const line of lines) {
    const places = placesOf(line, kind, starts.get(line.run_id));
    places.forEach((_, at) => {
      // A point counts if it or a neighbour is in sight, so that lines reach the edges.
      const before = places[at - 1] ?? places[at] ?? 0;
      const after = places[at + 1] ?? places[at] ?? 0;
      if (Math.max(before, after) < range.min || Math.min(before, after) > range.max) return;
      const step = line.steps[at] ?? 0;
      start = Math.min(start, step);
      end = Math.max(end, step);
    });
  }
  return end >= start ? { start, end } : undefined;
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

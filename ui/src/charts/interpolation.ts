/** Values of a line between its points: on the straight line of two neighbours, nowhere else. */
import type { Line } from "../data/metrics";

/**
 * The values of a series at ascending steps: exact where it has a point (the last one, if several),
 * else on the straight line between its neighbours; NaN outside of it and beside what is no number.
 */
export function valuesAtSteps(series: Line | undefined, steps: readonly number[]): number[] {
  if (!series) return steps.map(() => Number.NaN);
  return valuesAt(series.steps, series.values, steps);
}

/** The same for any ascending places. */
export function valuesAt(
  x: readonly number[],
  y: readonly number[],
  places: readonly number[],
): number[] {
  let next = 0;
  return places.map((place) => {
    while (next < x.length && (x[next] ?? 0) <= place) next += 1;
    const before = x[next - 1];
    const low = y[next - 1];
    if (before === undefined || low === undefined) return Number.NaN;
    if (before === place) return Number.isFinite(low) ? low : Number.NaN;
    const after = x[next];
    const high = y[next];
    if (after === undefined || high === undefined) return Number.NaN;
    const value = low + ((high - low) * (place - before)) / (after - before);
    return Number.isFinite(value) ? value : Number.NaN;
  });
}

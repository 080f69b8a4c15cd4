/** The part of the y-axis that holds most values, so that a few far away do not flatten the rest. */

/** Shares of the values below and above which they count as far away. */
const LOWEST = 0.02;
const HIGHEST = 0.98;

/** From the 2nd to the 98th percentile of what is a finite number; nothing without any. */
export function mostValues(values: readonly number[]): { min: number; max: number } | undefined {
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (finite.length === 0) return undefined;
  return { min: quantile(finite, LOWEST), max: quantile(finite, HIGHEST) };
}

/** The quantile of sorted values, between two neighbours in proportion. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const before = sorted[Math.floor(place)] ?? Number.NaN;
  const after = sorted[Math.ceil(place)] ?? Number.NaN;
  return before + (after - before) * (place - Math.floor(place));
}

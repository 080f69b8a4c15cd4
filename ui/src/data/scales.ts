/** Colour scales behind numbers: which end is good, and how strong a colour a value gets. */

/** Which end of a column's numbers is good. */
export type Scale = "low" | "high";

/** The range of a column's numbers. */
export interface Extent {
  low: number;
  high: number;
}

/** Above this share of the colour the text on it would no longer meet WCAG AA in both themes. */
const STRONGEST = 30;

/** The colour behind a value: green towards the good end, red towards the other, none half-way. */
export function scaleColour(
  value: number,
  { low, high }: Extent,
  scale: Scale,
): string | undefined {
  if (!Number.isFinite(value) || !(high > low)) return undefined;
  const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
  const goodness = (scale === "high" ? share : 1 - share) * 2 - 1;
  const strength = Math.round(Math.abs(goodness) * STRONGEST);
  if (strength === 0) return undefined;
  return `color-mix(in oklab, var(--${goodness > 0 ? "good" : "bad"}) ${strength}%, transparent)`;
}

/** The range of the finite numbers among these; undefined if there are not two different ones. */
export function extentOf(values: Iterable<unknown>): Extent | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (typeof value !== "number" || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high > low ? { low, high } : undefined;
}

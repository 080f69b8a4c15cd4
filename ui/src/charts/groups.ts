/** Groups of lines drawn as one: their mean, and how far they spread around it. */
import { type Placed, placed } from "./align";
import { valuesAt } from "./interpolation";

/** What the band around a mean reaches: one sample standard deviation, or all lines. */
export type Spread = "deviation" | "extent";

/** One group on places that its lines share; low and high bound its band. */
export interface GroupedLine extends Placed {
  /** How many lines are in it. */
  count: number;
  low: number[];
  high: number[];
}

const MOST_PLACES = 1_000;
const EVEN_PLACES = 500;

/**
 * The mean of lines. Where a line has no point it counts with its value between its neighbours;
 * beyond its ends and within its gaps it does not count at all.
 *
 * With more than 1,000 places in all, 500 evenly spread ones stand for them.
 */
export function groupLines(lines: readonly Placed[], spread: Spread): GroupedLine {
  const sorted = lines.map((line) => placed(line, false));
  const x = sharedPlaces(sorted);
  const columns = sorted.map((line) => valuesAt(line.x, line.y, x));
  const grouped: GroupedLine = { count: lines.length, x: [], y: [], low: [], high: [] };
  const y: number[] = [];
  x.forEach((_, at) => {
    const values: number[] = [];
    for (const column of columns) {
      const value = column[at] ?? Number.NaN;
      if (!Number.isNaN(value)) values.push(value);
    }
    const [mean, low, high] = summary(values, spread);
    y.push(mean);
    grouped.low.push(low);
    grouped.high.push(high);
  });
  return { ...grouped, x, y };
}

function summary(values: readonly number[], spread: Spread): [number, number, number] {
  if (values.length === 0) return [Number.NaN, Number.NaN, Number.NaN];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (spread === "extent") return [mean, Math.min(...values), Math.max(...values)];
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0;
  return [mean, mean - deviation, mean + deviation];
}

function sharedPlaces(lines: readonly Placed[]): number[] {
  const places = new Set<number>();
  for (const line of lines) for (const place of line.x) places.add(place);
  const sorted = [...places].sort((a, b) => a - b);
  const first = sorted[0];
  const last = sorted[sorted.length - 1];
  if (sorted.length <= MOST_PLACES || first === undefined || last === undefined) return sorted;
  const width = (last - first) / (EVEN_PLACES - 1);
  return Array.from({ length: EVEN_PLACES }, (_, at) =>
    at === EVEN_PLACES - 1 ? last : first + at * width,
  );
}

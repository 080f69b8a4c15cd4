/** Box plots after Tukey: quartiles, whiskers to the farthest values within reach, outliers. */
import { quantile } from "./outliers";

/** Whiskers reach at most so many heights of the box. */
const REACH = 1.5;

export interface Box {
  low: number;
  quartile: number;
  median: number;
  upperQuartile: number;
  high: number;
  outliers: number[];
}

/** The box of at least one finite number. */
export function boxOf(values: readonly number[]): Box {
  const sorted = [...values].sort((a, b) => a - b);
  const quartile = quantile(sorted, 0.25);
  const upperQuartile = quantile(sorted, 0.75);
  const reach = REACH * (upperQuartile - quartile);
  const inside = sorted.filter(
    (value) => value >= quartile - reach && value <= upperQuartile + reach,
  );
  return {
    low: inside[0] ?? quartile,
    quartile,
    median: quantile(sorted, 0.5),
    upperQuartile,
    high: inside[inside.length - 1] ?? upperQuartile,
    outliers: sorted.filter((value) => !inside.includes(value)),
  };
}

/** Mean and sample standard deviation of at least one number. */
export function meanOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

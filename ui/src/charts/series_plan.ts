/** Which columns a line chart is made of: for each line its raw values, its smooth ones, its band. */
import { align, type Logarithmic, type Placed, placed } from "./align";
import { type Smoothing, smooth } from "./smoothing";

/** One line; x, y and the sides of its band are of equal length. */
export interface ChartLine extends Placed {
  id: string;
  label: string;
  colour: string;
  /** Which of the patterns of dashes; 0 is none. */
  dash: number;
  /** What the mean of a group is drawn with. */
  band?: { low: readonly number[]; high: readonly number[] } | undefined;
}

export type SeriesRole = "raw" | "line" | "low" | "high";

/** One column of the chart. */
export interface PlannedSeries {
  id: string;
  role: SeriesRole;
  colour: string;
  dash: number;
  /** Its places do not ascend from point to point: a line through them would be no course. */
  isScattered: boolean;
}

/** Where the columns of a line are, counted from 1 as uPlot does; what it lacks is undefined. */
export interface LinePlaces {
  line: number;
  raw: number | undefined;
  low: number | undefined;
  high: number | undefined;
}

export interface Plan {
  series: PlannedSeries[];
  lines: LinePlaces[];
}

/** The form of a chart of these lines, whatever their points. */
export function planOf(lines: readonly ChartLine[], isSmoothed: boolean): Plan {
  const series: PlannedSeries[] = [];
  const places = lines.map((line) => {
    const { id, colour, dash } = line;
    const isScattered = !isAscending(line.x);
    const add = (role: SeriesRole) => series.push({ id, role, colour, dash, isScattered });
    const low = line.band && add("low");
    const high = line.band && add("high");
    const raw = isSmoothed ? add("raw") : undefined;
    return { low, high, raw, line: add("line") };
  });
  return { series, lines: places };
}

function isAscending(x: readonly number[]): boolean {
  let last = Number.NEGATIVE_INFINITY;
  for (const place of x) {
    if (Number.isNaN(place)) continue;
    if (place < last) return false;
    last = place;
  }
  return true;
}

/** The x-axis, then one column for each series of the plan. */
export function columnsOf(
  lines: readonly ChartLine[],
  smoothing: Smoothing,
  logarithmic: Logarithmic,
): { x: number[]; columns: (number | null | undefined)[][] } {
  const drawn = lines.flatMap((line) => {
    const whole = placed(line, logarithmic.x);
    const smoothed = (y: readonly number[]) => {
      const side = placed({ x: line.x, y }, logarithmic.x);
      return { x: side.x, y: smooth(side.x, side.y, smoothing) };
    };
    const band = line.band ? [smoothed(line.band.low), smoothed(line.band.high)] : [];
    if (smoothing.strength <= 0) return [...band, whole];
    return [...band, whole, smoothed(line.y)];
  });
  return align(drawn, logarithmic);
}

/** A colour that lets `alpha` of itself through; hexadecimal and oklch() are understood. */
export function translucent(colour: string, alpha: number): string {
  if (/^#[\da-f]{6}$/i.test(colour)) {
    return (
      colour +
      Math.round(alpha * 255)
        .toString(16)
        .padStart(2, "0")
    );
  }
  return colour.startsWith("oklch(") ? colour.replace(")", ` / ${alpha})`) : colour;
}

const DASHES: number[][] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2]];

/** The lengths of strokes and gaps of a pattern; none for a whole line. */
export function dashPattern(dash: number): number[] {
  return DASHES[dash % DASHES.length] ?? [];
}

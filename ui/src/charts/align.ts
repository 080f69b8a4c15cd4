/** Lines with places of their own on the x-axis, brought onto one axis as uPlot wants them. */

export interface Placed {
  x: readonly number[];
  y: readonly number[];
}

/** The shared x-axis, then each line's values: null breaks the line, undefined is passed over. */
export interface Aligned {
  x: number[];
  columns: (number | null | undefined)[][];
}

/** Which axes are logarithmic. */
export interface Logarithmic {
  x: boolean;
  y: boolean;
}

export const LINEAR: Logarithmic = { x: false, y: false };

/**
 * Aligns. Several points of a line at one place all stay; what is no finite number becomes a gap.
 * Points without a place on the x-axis are left out: NaN, and what has no logarithm.
 */
export function align(lines: readonly Placed[], logarithmic: Logarithmic = LINEAR): Aligned {
  const sorted = lines.map((line) => placed(line, logarithmic.x));
  const most = new Map<number, number>();
  for (const line of sorted) countPlaces(line.x, most);
  const x: number[] = [];
  const first = new Map<number, number>();
  for (const place of [...most.keys()].sort((a, b) => a - b)) {
    first.set(place, x.length);
    for (let copies = most.get(place) ?? 0; copies > 0; copies--) x.push(place);
  }
  const columns = sorted.map((line) => {
    const column = new Array<number | null | undefined>(x.length).fill(undefined);
    let before: number | undefined;
    let copy = 0;
    line.x.forEach((place, at) => {
      copy = place === before ? copy + 1 : 0;
      before = place;
      const value = line.y[at];
      const isDrawn =
        value !== undefined && Number.isFinite(value) && !(logarithmic.y && value <= 0);
      column[(first.get(place) ?? 0) + copy] = isDrawn ? value : null;
    });
    return column;
  });
  return { x, columns };
}

function countPlaces(x: readonly number[], most: Map<number, number>): void {
  let copies = 0;
  x.forEach((place, at) => {
    copies = at > 0 && x[at - 1] === place ? copies + 1 : 1;
    if (copies > (most.get(place) ?? 0)) most.set(place, copies);
  });
}

/** The points of a line that have a place, in the order of their places. */
export function placed(line: Placed, isLogarithmic: boolean): Placed {
  const isThere = (place: number) => Number.isFinite(place) && !(isLogarithmic && place <= 0);
  let isSorted = true;
  let isWhole = true;
  line.x.forEach((place, at) => {
    isWhole &&= isThere(place);
    isSorted &&= at === 0 || (line.x[at - 1] ?? 0) <= place;
  });
  if (isSorted && isWhole) return line;
  const order = line.x.map((_, at) => at).filter((at) => isThere(line.x[at] ?? Number.NaN));
  order.sort((a, b) => (line.x[a] ?? 0) - (line.x[b] ?? 0));
  return { x: order.map((at) => line.x[at] ?? 0), y: order.map((at) => line.y[at] ?? Number.NaN) };
}

/** Places where a line is no finite number, by what it is instead. */
export interface Marks {
  nan: number[];
  high: number[];
  low: number[];
}

/** The marks of a line. */
export function marksOf(line: Placed): Marks {
  const marks: Marks = { nan: [], high: [], low: [] };
  line.x.forEach((place, at) => {
    const value = line.y[at];
    if (value === undefined || Number.isFinite(value) || Number.isNaN(place)) return;
    if (Number.isNaN(value)) marks.nan.push(place);
    else (value > 0 ? marks.high : marks.low).push(place);
  });
  return marks;
}

/** The index nearest to `at` where the column has something, or null. */
export function nearestFilled(
  column: readonly (number | null | undefined)[],
  at: number,
): number | null {
  for (let distance = 0; distance < column.length; distance++) {
    if (column[at - distance] != null) return at - distance;
    if (column[at + distance] != null) return at + distance;
    if (at - distance < 0 && at + distance >= column.length) return null;
  }
  return null;
}

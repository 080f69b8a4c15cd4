/** Runs side by side as columns, and what charts make of the values. */
import type { CellValue } from "../data/columns";
import { looksNumeric, shortNumber } from "../data/numbers";
import { byName } from "../data/order";
import type { DataRow } from "./takeaway";

/** Columns of equal length, one value for each run; `total` counts the runs that there are. */
export interface ComparedRuns {
  run_ids: readonly string[];
  names: readonly string[];
  values: ReadonlyMap<string, readonly CellValue[]>;
  total: number;
}

/** A column as numbers, NaN where a run has none; undefined if some value is a text. */
export function numbersOf(values: readonly CellValue[] | undefined): number[] | undefined {
  const numbers: number[] = [];
  for (const value of values ?? []) {
    if (value === undefined || value === "") numbers.push(Number.NaN);
    else if (typeof value === "number") numbers.push(value);
    else if (looksNumeric(value)) numbers.push(Number(value));
    else if (/^nan$/i.test(value)) numbers.push(Number.NaN);
    else return undefined;
  }
  return numbers;
}

/** A column as numbers whatever is in it: texts are none. */
export function numbersOrNothing(values: readonly CellValue[] | undefined): number[] {
  return (values ?? []).map((value) => numbersOf([value])?.[0] ?? Number.NaN);
}

/** What a group without a value is called. */
export const NO_VALUE = "no value";

/** A value as a name of a group. */
export function nameOf(value: CellValue): string {
  if (value === undefined || value === "") return NO_VALUE;
  return typeof value === "number" ? shortNumber(value) : value;
}

/** The different values of a column, numbers by size and texts by name; the absent one last. */
export function categoriesOf(values: readonly CellValue[] | undefined): string[] {
  const numbers = numbersOf(values);
  const order = new Map<string, number>();
  values?.forEach((value, at) => {
    const number = numbers?.[at] ?? Number.NaN;
    order.set(nameOf(value), Number.isNaN(number) ? 0 : number);
  });
  const rank = (name: string) => Number(name === NO_VALUE);
  return [...order.keys()].sort(
    (a, b) => rank(a) - rank(b) || (order.get(a) ?? 0) - (order.get(b) ?? 0) || byName(a, b),
  );
}

/** The members of a group: their indices and their numbers. */
export interface RunGroup {
  name: string;
  members: number[];
  values: number[];
}

/** Groups by the values of one column, with the finite numbers of another; empty ones are left out. */
export function groupsOf(
  numbers: readonly number[],
  by: readonly CellValue[] | undefined,
): RunGroup[] {
  const groups = new Map<string, RunGroup>();
  for (const name of categoriesOf(by)) groups.set(name, { name, members: [], values: [] });
  numbers.forEach((number, at) => {
    const group = groups.get(nameOf(by?.[at]));
    if (!group || !Number.isFinite(number)) return;
    group.members.push(at);
    group.values.push(number);
  });
  return [...groups.values()].filter(({ values }) => values.length > 0);
}

/** Which part of an axis is brushed, in values or, on an axis of names, in places. */
export type Interval = readonly [low: number, high: number];

/** The runs that lie in one of the intervals of every column that has some. */
export function brushedRuns(
  runs: ComparedRuns,
  columns: readonly string[],
  intervals: ReadonlyMap<number, readonly Interval[]>,
): string[] {
  const brushed = [...intervals].filter(([, some]) => some.length > 0);
  if (brushed.length === 0) return [];
  const places = new Map(
    brushed.map(([axis]) => [axis, placesOnAxis(runs.values.get(columns[axis] ?? ""))]),
  );
  return runs.run_ids.filter((_, at) =>
    brushed.every(([axis, some]) => {
      const place = places.get(axis)?.[at] ?? Number.NaN;
      return some.some(([low, high]) => place >= low && place <= high);
    }),
  );
}

/** Where runs are on an axis: their numbers, or the place of their name among all names. */
export function placesOnAxis(values: readonly CellValue[] | undefined): number[] {
  const numbers = numbersOf(values);
  if (numbers) return numbers;
  const names = new Map(categoriesOf(values).map((name, at) => [name, at]));
  return (values ?? []).map((value) => names.get(nameOf(value)) ?? Number.NaN);
}

/** The columns as rows, each with the id and the name of its run. */
export function comparedRows(runs: ComparedRuns, columns: readonly string[]): DataRow[] {
  return runs.run_ids.map((run_id, at) => ({
    run_id,
    run_name: runs.names[at] ?? "",
    ...Object.fromEntries(columns.map((id) => [id, runs.values.get(id)?.[at] ?? null])),
  }));
}

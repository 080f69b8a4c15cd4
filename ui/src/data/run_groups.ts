/** Groups of runs: the values that make each, and the numbers of its runs summed up. */
import { useQuery } from "@tanstack/react-query";
import { postOwn } from "../api/client";
import type {
  Column,
  ColumnValue,
  Float,
  GetRunGroups,
  GroupOrder,
  RunGroups,
} from "../api/types.gen";
import { type CellValue, columnId, NAME_COLUMN } from "./columns";
import { toNumber } from "./numbers";
import { fetchRuns, type RunQuery, valuesIn } from "./run_table";

/** By which columns runs are grouped, and which numbers are summed up; both by id in answers. */
export interface Grouping {
  by: readonly Column[];
  measures: readonly Column[];
}

/** Columns of moments: their mean says nothing, the earliest and the latest do. */
export const TIMES: ReadonlySet<string> = new Set(["attributes.start_time", "attributes.end_time"]);

/** The server sums up so many columns at once. */
export const MOST_MEASURES = 50;

/** Groups from `offset` on; without a sorting those with most runs come first. */
export function fetchGroups(
  query: RunQuery,
  grouping: Grouping,
  offset: number,
  max_results: number,
  signal?: AbortSignal,
): Promise<RunGroups> {
  const request: GetRunGroups = {
    experiment_ids: [query.experiment_id],
    ...(query.filter && { filter: query.filter }),
    run_view_type: query.stage,
    group_by: [...grouping.by],
    measures: [...grouping.measures],
    order_by: groupOrder(query, grouping),
    offset,
    max_results,
  };
  return postOwn<RunGroups>("runs/groups", request, signal);
}

/** Groups are ordered by their values, or by the means of the numbers the runs would be ordered by. */
function groupOrder({ order }: RunQuery, { by, measures }: Grouping): GroupOrder[] {
  const places = (columns: readonly Column[]) => columns.map(columnId);
  return order.flatMap(({ ascending = true, ...column }): GroupOrder[] => {
    const id = columnId(column);
    if (id === NAME_COLUMN) return by.map((_, place) => ({ by: "group", place, ascending }));
    const group = places(by).indexOf(id);
    if (group >= 0) return [{ by: "group", place: group, ascending }];
    const measure = TIMES.has(id) ? -1 : places(measures).indexOf(id);
    return measure >= 0 ? [{ by: "mean", place: measure, ascending }] : [];
  });
}

/** Some groups by their keys, and how many runs of each are wanted. */
export interface WantedMembers {
  query: RunQuery;
  by: readonly Column[];
  keys: readonly string[];
  most: number;
}

const NO_IDS: string[] = [];
const NO_QUERY: RunQuery = {
  experiment_id: "",
  filter: "",
  stage: "ACTIVE_ONLY",
  order: [],
  columns: [],
};

/** The ids of the newest runs of each group, group by group; those of before until they are here. */
export function useNewestMembers(wanted: WantedMembers | undefined): readonly string[] {
  const { columns: _, order: __, ...runs } = wanted?.query ?? NO_QUERY;
  const { by, keys, most } = wanted ?? {};
  const found = useQuery({
    queryKey: ["runs", "members", runs.experiment_id, runs, by, keys, most],
    queryFn: async ({ signal }) => {
      if (!wanted) return NO_IDS;
      // In no other order: the best runs of a group would say little about its mean.
      const query = { ...runs, order: [], columns: [] };
      const pages = wanted.keys.map((key) =>
        fetchRuns(query, { within: membersOf(key, wanted.by) }, 0, wanted.most, signal),
      );
      return (await Promise.all(pages)).flatMap(({ run_ids }) => run_ids);
    },
    enabled: wanted !== undefined,
    retry: false,
    placeholderData: (previous) => previous,
  });
  return (wanted && found.data) ?? NO_IDS;
}

/** The numbers of a group in a column. */
export interface GroupNumbers {
  count: number;
  mean: number | undefined;
  /** The sample standard deviation; undefined for less than two values. */
  deviation: number | undefined;
  lowest: number | undefined;
  highest: number | undefined;
}

/** The numbers of the group at a place; undefined if the column is not summed up. */
export function numbersOf(groups: RunGroups, at: number, id: string): GroupNumbers | undefined {
  const measure = groups.measures.find((each) => columnId(each) === id);
  if (!measure) return undefined;
  const number = (values: (Float | null)[]) => {
    const value = values[at];
    return value == null ? undefined : toNumber(value);
  };
  return {
    count: measure.counts[at] ?? 0,
    mean: number(measure.means),
    deviation: number(measure.deviations),
    lowest: number(measure.lowest),
    highest: number(measure.highest),
  };
}

const keys = new WeakMap<RunGroups, string[]>();

/** The key of each group: its values as text, which an address can carry. */
export function groupKeys(groups: RunGroups): string[] {
  const known = keys.get(groups);
  if (known) return known;
  const columns = groups.columns.map(valuesIn);
  const made = groups.counts.map((_, at) =>
    JSON.stringify(columns.map((values) => keyPart(values[at]))),
  );
  keys.set(groups, made);
  return made;
}

/** Numbers are in a list, so that they can be told from texts, and NaN from nothing. */
function keyPart(value: CellValue): string | [string] | null {
  return typeof value === "number" ? [String(value)] : (value ?? null);
}

/** The values of a group by its key. */
export function groupValues(key: string): CellValue[] {
  const parts = JSON.parse(key) as (string | [string] | null)[];
  return parts.map((part) => (Array.isArray(part) ? Number(part[0]) : (part ?? undefined)));
}

/** What a run must have to be in the group of a key. */
export function membersOf(key: string, by: readonly Column[]): ColumnValue[] {
  const values = groupValues(key);
  return by.map((column, at) => {
    const value = values[at];
    if (value === undefined) return { ...column };
    if (typeof value === "string") return { ...column, text: value };
    return { ...column, number: Number.isFinite(value) ? value : (String(value) as Float) };
  });
}

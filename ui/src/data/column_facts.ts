/** Which columns the runs of an experiment have, and what is known of each. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { getOwn } from "../api/client";
import type { Column, ColumnSummaries, ColumnSummary, ColumnTexts } from "../api/types.gen";
import {
  ATTRIBUTES,
  columnId,
  columnOf,
  GROUPS,
  type Group,
  isSystemTag,
  type RunColumn,
} from "./columns";
import { toNumber } from "./numbers";
import { byName } from "./order";
import type { Extent } from "./scales";

/** What is known of one column; the extent is that of its finite numbers. */
export interface ColumnFacts {
  differs: boolean;
  extent?: Extent | undefined;
}

/** All columns in the order of the table, and what is known of each by its id. */
export interface Census {
  columns: readonly RunColumn[];
  facts: ReadonlyMap<string, ColumnFacts>;
  /** Whether runs differ in any metric or param; a single run does not. */
  isVaried: boolean;
}

const NO_SUMMARIES: ColumnSummary[] = [];

/** The columns of an experiment; empty but for the attributes until the server has told. */
export function useCensus(experiment_id: string) {
  const found = useQuery({
    queryKey: ["runs", "columns", experiment_id],
    queryFn: ({ signal }) =>
      getOwn<ColumnSummaries>("experiments/columns", { experiment_id }, signal),
    staleTime: 30_000,
  });
  const summaries = found.data?.columns ?? NO_SUMMARIES;
  const census = useMemo(() => censusOf(summaries), [summaries]);
  return { census, isKnown: !found.isPending, error: found.error };
}

const NO_VALUES: string[] = [];

/** Values of a column that begin with a text; none of a column of numbers. */
export function useColumnValues(
  experiment_id: string,
  column: Column | undefined,
  prefix: string,
): readonly string[] {
  const kind = column?.kind;
  const key = column?.key;
  const found = useQuery({
    queryKey: ["runs", "values", experiment_id, kind, key, prefix],
    queryFn: ({ signal }) =>
      getOwn<ColumnTexts>("experiments/values", { experiment_id, kind, key, prefix }, signal),
    enabled: column !== undefined && kind !== "metric" && !NUMBERS.has(key ?? ""),
    staleTime: 30_000,
    placeholderData: (previous, query) => (query?.queryKey[4] === key ? previous : undefined),
  });
  return found.data?.values ?? NO_VALUES;
}

/** Attributes that are numbers have no values to complete. */
const NUMBERS = new Set(["start_time", "end_time", "duration"]);

/** The attributes that stand next to the name; others come after what was logged. */
const LEADING = new Set(["start_time", "duration", "status"]);
/** In the order of the table: when a run was, its results, what led to them, where it came from. */
function inOrder(byGroup: ReadonlyMap<Group, RunColumn[]>): RunColumn[] {
  const { attributes, tags, ...logged } = Object.fromEntries(byGroup) as Record<Group, RunColumn[]>;
  const leads = ({ key }: RunColumn) => LEADING.has(key);
  const follows = (column: RunColumn) => !leads(column);
  return [
    ...attributes.filter(leads),
    ...Object.values(logged).flat(),
    ...attributes.filter(follows),
    ...tags,
  ];
}

/** Orders columns by group, then attributes in their order and keys as people count. */
export function censusOf(summaries: readonly ColumnSummary[]): Census {
  const facts = new Map<string, ColumnFacts>();
  const byGroup = new Map<Group, RunColumn[]>(GROUPS.map((group) => [group, []]));
  const add = (group: Group, summary: ColumnSummary) => {
    const { key, is_number, lowest, highest, differs } = summary;
    const id = `${group}.${key}`;
    byGroup.get(group)?.push({ id, group, key, isNumeric: is_number });
    const isRanged = lowest !== undefined && highest !== undefined;
    const extent = isRanged ? { low: toNumber(lowest), high: toNumber(highest) } : undefined;
    facts.set(id, { differs, extent });
  };
  const sorted = [...summaries].sort((a, b) => byName(a.key, b.key));
  for (const summary of sorted) {
    const group = columnOf(columnId(summary))?.group;
    if (!group || (group === "tags" && isSystemTag(summary.key))) continue;
    add(group, summary);
    if (group === "metrics") for (const end of ["min", "max"] as const) add(end, summary);
  }
  const tags = new Map(summaries.map((each) => [columnId(each), each.differs]));
  for (const [key, { isNumeric, tag }] of Object.entries(ATTRIBUTES)) {
    const id = `attributes.${key}`;
    byGroup.get("attributes")?.push({ id, group: "attributes", key, isNumeric: !!isNumeric });
    facts.set(id, { differs: tag !== undefined && (tags.get(`tags.${tag}`) ?? false) });
  }
  const isVaried = [...facts].some(([id, { differs }]) => differs && /^(metrics|params)/.test(id));
  return { columns: inOrder(byGroup), facts, isVaried };
}

const ALWAYS_SHOWN = new Set(["start_time", "duration"]);
/** Of identical runs, or of a single one, so many metrics and params say enough. */
const MOST_IF_NONE_DIFFERS = 60;

/** The columns shown unless someone says otherwise: what differs, and the essentials. */
export function usualColumns({ columns, facts, isVaried }: Census): Set<string> {
  const shown = columns.filter(({ id, group, key }) => {
    if (group === "min" || group === "max") return false;
    if (group === "attributes" && ALWAYS_SHOWN.has(key)) return true;
    if (key.startsWith("system/")) return false; // measurements of the machine, not of the run
    if (!isVaried && (group === "metrics" || group === "params")) return true;
    return facts.get(id)?.differs ?? false;
  });
  const most = isVaried ? shown.length : MOST_IF_NONE_DIFFERS;
  return new Set(shown.slice(0, most).map(({ id }) => id));
}

/** The columns to show: the usual ones, without the hidden and with the shown. */
export function chooseColumns(
  census: Census,
  usual: ReadonlySet<string>,
  shown: ReadonlySet<string>,
  hidden: ReadonlySet<string>,
): RunColumn[] {
  return census.columns.filter(({ id }) => !hidden.has(id) && (shown.has(id) || usual.has(id)));
}

/** The runs table as the server gives it: columns of values for some rows, from any row on. */
import { postOwn } from "../api/client";
import type { Column, ColumnOrder, ColumnValues, GetRunTable, RunTable } from "../api/types.gen";
import { type CellValue, columnId, columnOf, NAME_COLUMN, wireColumn } from "./columns";
import type { Stage } from "./experiments";
import { toNumber } from "./numbers";

export const PAGE_SIZE = 200;

/** Which runs, in which order, with which columns. */
export interface RunQuery {
  experiment_id: string;
  filter: string;
  stage: Stage | "ALL";
  order: readonly ColumnOrder[];
  columns: readonly Column[];
}

/** Which of the matches: all, the roots, the children of a run, or the members of a group. */
export type RunPart = Pick<GetRunTable, "parent_run_id" | "within">;

/** Rows of the table from `offset` on. */
export function fetchRuns(
  query: RunQuery,
  part: RunPart,
  offset: number,
  max_results: number,
  signal?: AbortSignal,
): Promise<RunTable> {
  const request: GetRunTable = {
    experiment_ids: [query.experiment_id],
    ...(query.filter && { filter: query.filter }),
    run_view_type: query.stage,
    order_by: [...query.order],
    columns: [...query.columns],
    ...part,
    offset,
    max_results,
  };
  return postOwn<RunTable>("runs/table", request, signal);
}

/** A sorting of the table as requests name it; columns that there are not are left out. */
export function orderBy(sorting: readonly { id: string; isDescending: boolean }[]): ColumnOrder[] {
  return sorting.flatMap(({ id, isDescending }): ColumnOrder[] => {
    if (id === NAME_COLUMN) {
      return [{ kind: "attribute", key: "run_name", ascending: !isDescending }];
    }
    const column = columnOf(id);
    return column ? [{ ...wireColumn(column), ascending: !isDescending }] : [];
  });
}

/** The values of some rows by the ids of their columns. */
export type TableValues = ReadonlyMap<string, readonly CellValue[]>;

const read = new WeakMap<RunTable, TableValues>();

/** The values of a table, read once. */
export function valuesOf(table: RunTable): TableValues {
  const known = read.get(table);
  if (known) return known;
  const values = new Map(table.columns.map((column) => [columnId(column), valuesIn(column)]));
  read.set(table, values);
  return values;
}

/** The values of one column, one for each row. */
export function valuesIn({ numbers, texts }: ColumnValues): CellValue[] {
  if (!numbers?.length) return (texts ?? []).map((value) => value ?? undefined);
  return numbers.map((value) => (value === null ? undefined : toNumber(value)));
}

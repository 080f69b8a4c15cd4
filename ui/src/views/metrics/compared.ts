/** The columns that a chart compares, of the runs that the page compares. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Run } from "../../api/types.gen";
import type { ComparedRuns } from "../../charts/compared_runs";
import {
  type CellValue,
  cellOf,
  columnOf,
  NAME_COLUMN,
  rowOf,
  wireColumn,
} from "../../data/columns";
import { fetchRuns, valuesOf } from "../../data/run_table";
import { type ChartData, labelOfRun, type RunSource } from "./chart_data";

/** The server gives at most so many rows at once; more points would hide each other. */
export const MOST_COMPARED = 1_000;

/** Asks the server, or takes the columns from the runs that are there. */
export function useCompared(columns: readonly string[], { source, runs }: ChartData) {
  const ids = columns.join("\n");
  const found = useQuery({
    queryKey: ["runs", "compared", source, ids],
    queryFn: async ({ signal }) => fetchCompared(source as RunSource, ids.split("\n"), signal),
    enabled: source !== undefined,
    placeholderData: keepPreviousData,
    structuralSharing: false,
  });
  const here = useMemo(
    () => (source ? undefined : columnsOfRuns(runs, ids.split("\n"))),
    [source, runs, ids],
  );
  return {
    compared: here ?? found.data,
    error: here ? null : found.error,
    retry: () => void found.refetch(),
  };
}

async function fetchCompared(
  source: RunSource,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ComparedRuns> {
  const asked = [...new Set(ids)].flatMap((id) => {
    const column = id === NAME_COLUMN ? undefined : columnOf(id);
    return column ? [wireColumn(column)] : [];
  });
  const table = await fetchRuns({ ...source, columns: asked }, {}, 0, MOST_COMPARED, signal);
  const values = new Map(valuesOf(table));
  values.set(NAME_COLUMN, table.run_names);
  return { run_ids: table.run_ids, names: table.run_names, values, total: table.total };
}

/** The same from runs as they are known. */
export function columnsOfRuns(runs: readonly Run[], ids: readonly string[]): ComparedRuns {
  const values = new Map<string, CellValue[]>();
  for (const id of ids) {
    const column = columnOf(id);
    values.set(
      id,
      runs.map((run) => {
        if (id === NAME_COLUMN) return labelOfRun(run);
        return column && cellOf(rowOf(run), column.group, column.key);
      }),
    );
  }
  return {
    run_ids: runs.map((run) => run.info.run_id),
    names: runs.map(labelOfRun),
    values,
    total: runs.length,
  };
}

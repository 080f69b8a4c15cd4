/** The lines of the runs table: runs, at their level if they form a tree, and groups. */
import type { RunTable } from "../api/types.gen";
import type { CellValue } from "./columns";
import { valuesOf } from "./run_table";

/** A run in the table. */
export interface RunLine {
  kind: "run";
  id: string;
  /** The rows it came with, and its place among them. */
  table: RunTable;
  at: number;
  level: number;
  /** Undefined for a run without children. */
  isExpanded: boolean | undefined;
}

/** What is known of a run without any column. */
export interface RunBasics {
  run_id: string;
  run_name: string;
  experiment_id: string;
  status: string;
  start_time: number | undefined;
  end_time: number | undefined;
  lifecycle_stage: string;
}

const lines = new WeakMap<RunTable, Map<string, RunLine>>();

/** The line of a run; the same object for the same rows and state. */
export function runLine(
  table: RunTable,
  at: number,
  level: number,
  isOpen: (id: string) => boolean,
): RunLine | undefined {
  const id = table.run_ids[at];
  if (id === undefined) return undefined;
  const isExpanded = table.child_counts[at] ? isOpen(id) : undefined;
  const known = lines.get(table) ?? new Map<string, RunLine>();
  lines.set(table, known);
  const name = `${at} ${level} ${isExpanded}`;
  const line = known.get(name) ?? { kind: "run", id, table, at, level, isExpanded };
  known.set(name, line);
  return line;
}

/** What is known of a run of the table. */
export function basicsOf({ table, at }: RunLine): RunBasics {
  return {
    run_id: table.run_ids[at] ?? "",
    run_name: table.run_names[at] ?? "",
    experiment_id: table.experiment_ids[at] ?? "",
    status: table.statuses[at] ?? "",
    start_time: table.start_times[at] ?? undefined,
    end_time: table.end_times[at] ?? undefined,
    lifecycle_stage: table.lifecycle_stages[at] ?? "",
  };
}

/** The value of a run in a column; null if the column has not been asked for yet. */
export function valueIn({ table, at }: RunLine, column: string): CellValue | null {
  const values = valuesOf(table).get(column);
  return values ? values[at] : null;
}

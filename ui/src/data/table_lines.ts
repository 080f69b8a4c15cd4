/** The lines of the runs table: runs, at their level if they form a tree, and groups. */
import type { RunGroups, RunTable } from "../api/types.gen";
import { type CellValue, END_REASON } from "./columns";
import { groupKeys } from "./run_groups";
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

/** A group of runs in the table; its id is its key. */
export interface GroupLine {
  kind: "group";
  id: string;
  groups: RunGroups;
  at: number;
  level: 1;
  isExpanded: boolean;
}

export type Line = RunLine | GroupLine;

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

/** Whether a page has groups on it. */
export function isGroups(page: RunTable | RunGroups): page is RunGroups {
  return "run_total" in page;
}

const lines = new WeakMap<RunTable | RunGroups, Map<string, Line>>();

/** The line made before for the same page and state, or else a new one. */
function once<Made extends Line>(page: RunTable | RunGroups, name: string, made: Made): Made {
  const known = lines.get(page) ?? new Map<string, Line>();
  lines.set(page, known);
  const line = (known.get(name) as Made | undefined) ?? made;
  known.set(name, line);
  return line;
}

/** The line of a group; the same object for the same groups and state. */
export function groupLine(
  groups: RunGroups,
  at: number,
  isOpen: (id: string) => boolean,
): GroupLine | undefined {
  const id = groupKeys(groups)[at];
  if (id === undefined) return undefined;
  const isExpanded = isOpen(id);
  return once(groups, `${at} ${isExpanded}`, {
    kind: "group",
    id,
    groups,
    at,
    level: 1,
    isExpanded,
  });
}

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
  const line = { kind: "run" as const, id, table, at, level, isExpanded };
  return once(table, `${at} ${level} ${isExpanded}`, line);
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

/** Why a run ended as it did, if that is known. */
export function endReasonOf(line: RunLine): string | undefined {
  const reason = valueIn(line, `tags.${END_REASON}`);
  return typeof reason === "string" ? reason : undefined;
}

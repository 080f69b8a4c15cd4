/** Columns of the runs table: their ids, names and headings, and what a run has in them. */
import type { Column, Run } from "../api/types.gen";
import { identifier } from "./language";
import { toNumber } from "./numbers";

export type Group = "attributes" | "metrics" | "min" | "max" | "params" | "tags";
/** In the order of the table: results stand next to the run, then what led to them. */
export const GROUPS: readonly Group[] = ["attributes", "metrics", "min", "max", "params", "tags"];
export const GROUP_LABELS: Record<Group, string> = {
  attributes: "Attributes",
  metrics: "Metrics",
  min: "Lowest",
  max: "Highest",
  params: "Params",
  tags: "Tags",
};

/** One column; its id is group and key joined by a dot. Numeric means that all values are. */
export interface RunColumn {
  id: string;
  group: Group;
  key: string;
  isNumeric?: boolean;
}

/** What a cell holds before it is drawn: a number where the wire says so, else text. */
export type CellValue = number | string | undefined;

/** A run with its lists turned into maps, once. */
export interface RunRow {
  run: Run;
  params: ReadonlyMap<string, string>;
  metrics: ReadonlyMap<string, number>;
  tags: ReadonlyMap<string, string>;
}

const rows = new WeakMap<Run, RunRow>();

/** The row of a run; the same object for the same run object. */
export function rowOf(run: Run): RunRow {
  const known = rows.get(run);
  if (known) return known;
  const row: RunRow = {
    run,
    params: new Map(run.data?.params?.map((param) => [param.key, param.value ?? ""])),
    metrics: new Map(run.data?.metrics?.map((metric) => [metric.key, toNumber(metric.value)])),
    tags: new Map(run.data?.tags?.map((tag) => [tag.key, tag.value ?? ""])),
  };
  rows.set(run, row);
  return row;
}

/** Whether a tag is not of people, but set by a client or the server by itself. */
export function isSystemTag(key: string): boolean {
  return key.startsWith("mlflow.") || key.startsWith("millstream.");
}

/** The tag that says why a run ended as it did. */
export const END_REASON = "millstream.end.reason";
/** The tag with the end of the traceback of the exception that ended a run. */
export const END_TRACEBACK = "millstream.end.traceback";

interface Attribute {
  label: string;
  isNumeric?: boolean;
  /** What the server calls it, if not as we do. */
  name?: string;
  /** The tag that clients keep it in; a filter must name that. */
  tag?: string;
}

/** Attributes with their headings, in the order of the table. */
export const ATTRIBUTES: Record<string, Attribute> = {
  start_time: { label: "Started", isNumeric: true },
  duration: { label: "Duration", isNumeric: true },
  status: { label: "Status" },
  user_id: { label: "User", tag: "mlflow.user" },
  source: { label: "Source", tag: "mlflow.source.name" },
  git_commit: { label: "Commit", name: "commit", tag: "mlflow.source.git.commit" },
  datasets: { label: "Datasets" },
  models: { label: "Models" },
  end_time: { label: "Ended", isNumeric: true },
  run_id: { label: "Run ID" },
};

/** The name column's id; it is always there and never moves. */
export const NAME_COLUMN = "attributes.run_name";

/** The column of an id such as `metrics.val.loss`. */
export function columnOf(id: string): RunColumn | undefined {
  const dot = id.indexOf(".");
  const group = GROUPS.find((known) => known === id.slice(0, dot));
  return group ? { id, group, key: id.slice(dot + 1) } : undefined;
}

/** The heading of a column. */
export function labelOf(column: RunColumn): string {
  return column.group === "attributes" ? (ATTRIBUTES[column.key]?.label ?? column.key) : column.key;
}

/** The heading with what tells the column from others of the same name. */
export function fullLabelOf(column: RunColumn): string {
  if (column.group === "min") return `lowest ${column.key}`;
  return column.group === "max" ? `highest ${column.key}` : labelOf(column);
}

const KINDS: Record<Group, Pick<Column, "kind" | "aggregate">> = {
  attributes: { kind: "attribute" },
  metrics: { kind: "metric" },
  min: { kind: "metric", aggregate: "min" },
  max: { kind: "metric", aggregate: "max" },
  params: { kind: "param" },
  tags: { kind: "tag" },
};

/** The column as requests name it. */
export function wireColumn({ group, key }: RunColumn): Column {
  const name = group === "attributes" ? (ATTRIBUTES[key]?.name ?? key) : key;
  return { ...KINDS[group], key: name };
}

/** The id of a column that an answer names. */
export function columnId({ kind, key, aggregate = "last" }: Column): string {
  if (kind === "metric") return `${aggregate === "last" ? "metrics" : aggregate}.${key}`;
  if (kind !== "attribute") return `${kind}s.${key}`;
  const known = Object.entries(ATTRIBUTES).find(([, { name }]) => name === key);
  return `attributes.${known?.[0] ?? key}`;
}

/** How a filter names a column; undefined if it cannot. */
export function filterName({ group, key }: RunColumn): string | undefined {
  if (group === "min" || group === "max") {
    // The language finds the aggregate behind a plain key only.
    return /^[A-Za-z_][\w.]*$/.test(key) ? `metrics.${key}.${group}` : undefined;
  }
  if (group !== "attributes") return identifier(group, key);
  if (key === "datasets") return "datasets.name";
  if (key === "duration" || key === "models") return undefined;
  const tag = key === "user_id" ? undefined : ATTRIBUTES[key]?.tag;
  return tag ? identifier("tags", tag) : `attributes.${key}`;
}

/** The value of a run in a column. */
export function cellOf(row: RunRow, group: Group, key: string): CellValue {
  if (group === "params") return row.params.get(key);
  if (group === "metrics") return row.metrics.get(key);
  if (group === "tags") return row.tags.get(key);
  // A run says the last values of its metrics, not their ends.
  return group === "attributes" ? attributeOf(row, key) : undefined;
}

function attributeOf(row: RunRow, key: string): CellValue {
  const { info, inputs, outputs } = row.run;
  switch (key) {
    case "start_time":
      return info.start_time ?? undefined;
    case "end_time":
      return info.end_time;
    case "duration":
      return info.end_time && info.start_time ? info.end_time - info.start_time : undefined;
    case "status":
      return info.status;
    case "user_id":
      return info.user_id || row.tags.get("mlflow.user");
    case "run_id":
      return info.run_id;
    case "source":
      return row.tags.get("mlflow.source.name");
    case "git_commit":
      return row.tags.get("mlflow.source.git.commit");
    case "datasets":
      return inputs?.dataset_inputs?.map((input) => input.dataset.name).join(", ") || undefined;
    case "models":
      return outputs?.model_outputs?.length || undefined;
    default:
      return undefined;
  }
}

/** Columns of the runs table: which there are, which differ among the runs, what a cell holds. */
import type { Run } from "../api/types.gen";
import { identifier } from "./language";
import { looksNumeric, toNumber } from "./numbers";

export type Group = "attributes" | "params" | "metrics" | "tags";
/** In the order of the table: results stand next to the run, then what led to them. */
export const GROUPS: readonly Group[] = ["attributes", "metrics", "params", "tags"];

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

/** Attributes with their headings, in the order of the table; `order` is what the server sorts by. */
export const ATTRIBUTES: Record<string, { label: string; order?: string }> = {
  start_time: { label: "Started", order: "attributes.start_time" },
  duration: { label: "Duration" },
  status: { label: "Status", order: "attributes.status" },
  user_id: { label: "User", order: "attributes.user_id" },
  source: { label: "Source", order: "tags.`mlflow.source.name`" },
  git_commit: { label: "Commit", order: "tags.`mlflow.source.git.commit`" },
  datasets: { label: "Datasets" },
  models: { label: "Models" },
  end_time: { label: "Ended", order: "attributes.end_time" },
  run_id: { label: "Run ID", order: "attributes.run_id" },
};
const ALWAYS_SHOWN = new Set(["start_time", "duration"]);
const SHOWN_IF_THEY_DIFFER = new Set(["user_id", "source", "git_commit", "datasets", "models"]);

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

/** What to order by on the server, if it can. */
export function orderOf(id: string): string | undefined {
  if (id === NAME_COLUMN) return "attributes.run_name";
  const column = columnOf(id);
  if (!column) return undefined;
  if (column.group === "attributes") return ATTRIBUTES[column.key]?.order;
  return identifier(column.group, column.key);
}

/** The value of a run in a column. */
export function cellOf(row: RunRow, group: Group, key: string): CellValue {
  if (group === "params") return row.params.get(key);
  if (group === "metrics") return row.metrics.get(key);
  if (group === "tags") return row.tags.get(key);
  return attributeOf(row, key);
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

interface Finding {
  first: CellValue;
  seen: number;
  differs: boolean;
  isNumeric: boolean;
}

/** What is known about each column after looking at some runs. */
export interface Survey {
  runs: number;
  columns: Map<string, RunColumn & Finding>;
}

const surveys = new WeakMap<readonly Run[], Survey>();

/** Looks at pages of runs; a page is looked at once, so that the next page costs only itself. */
export function surveyPages(pages: readonly (readonly Run[])[]): Survey {
  const whole: Survey = { runs: 0, columns: new Map() };
  for (const page of pages) {
    const part = surveys.get(page) ?? surveyPage(page);
    surveys.set(page, part);
    whole.runs += part.runs;
    for (const [id, found] of part.columns) {
      const known = whole.columns.get(id);
      if (!known) whole.columns.set(id, { ...found });
      else {
        known.seen += found.seen;
        known.differs ||= found.differs || !Object.is(known.first, found.first);
        known.isNumeric &&= found.isNumeric;
      }
    }
  }
  for (const found of whole.columns.values()) found.differs ||= found.seen < whole.runs;
  return whole;
}

function surveyPage(page: readonly Run[]): Survey {
  const columns: Survey["columns"] = new Map();
  const look = (group: Group, key: string, value: CellValue) => {
    const id = `${group}.${key}`;
    const known = columns.get(id);
    const isNumeric = typeof value === "number" || (value !== undefined && looksNumeric(value));
    if (!known)
      columns.set(id, { id, group, key, first: value, seen: 1, differs: false, isNumeric });
    else {
      known.seen += 1;
      known.isNumeric &&= isNumeric;
      known.differs ||= !Object.is(known.first, value);
    }
  };
  for (const run of page) {
    const row = rowOf(run);
    for (const key of Object.keys(ATTRIBUTES)) look("attributes", key, attributeOf(row, key));
    for (const [key, value] of row.params) look("params", key, value);
    for (const [key, value] of row.metrics) look("metrics", key, value);
    for (const [key, value] of row.tags) if (!key.startsWith("mlflow.")) look("tags", key, value);
  }
  return { runs: page.length, columns };
}

/** All columns that could be shown, by group, then attributes in their order and keys by name. */
export function allColumns(survey: Survey): RunColumn[] {
  const found = [...survey.columns.values()];
  const attributes = Object.keys(ATTRIBUTES).map((key) => ({
    id: `attributes.${key}`,
    group: "attributes" as const,
    key,
  }));
  const others = GROUPS.slice(1).flatMap((group) =>
    found
      .filter((column) => column.group === group)
      .map(({ id, key, isNumeric }) => ({ id, group, key, isNumeric }))
      .sort((a, b) => collator.compare(a.key, b.key)),
  );
  return [...attributes, ...others];
}

const collator = new Intl.Collator("en", { numeric: true });

/** Whether a column is shown unless someone says otherwise: what differs, and the essentials. */
export function isShownByDefault(column: RunColumn, survey: Survey): boolean {
  if (column.group === "attributes") {
    if (ALWAYS_SHOWN.has(column.key)) return true;
    return SHOWN_IF_THEY_DIFFER.has(column.key) && Boolean(survey.columns.get(column.id)?.differs);
  }
  const found = survey.columns.get(column.id);
  if (!found) return false;
  if (column.key.startsWith("system/")) return false; // measurements of the machine, not of the run
  // With one run nothing can differ, so all that it logged is of interest.
  return found.differs || (survey.runs === 1 && column.group !== "tags");
}

/** The columns to show: the default ones, without the hidden and with the shown. */
export function chooseColumns(
  survey: Survey,
  shown: ReadonlySet<string>,
  hidden: ReadonlySet<string>,
): RunColumn[] {
  return allColumns(survey).filter(
    (column) =>
      !hidden.has(column.id) && (shown.has(column.id) || isShownByDefault(column, survey)),
  );
}

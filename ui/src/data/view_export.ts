/** The runs of a view as a file, row by row as they come from the server. */
import type { RunTable } from "../api/types.gen";
import { pagesOfRuns, queryOf } from "./all_runs";
import { type CellValue, fullLabelOf, GROUP_LABELS, type RunColumn, wireColumn } from "./columns";
import { csvRow } from "./csv";
import type { FileColumn, FileWriter } from "./file_writer";
import { type RunQuery, valuesOf } from "./run_table";

export const FORMATS = ["csv", "json", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

export const TYPES: Record<Format, string> = {
  csv: "text/csv",
  json: "application/json",
  parquet: "application/vnd.apache.parquet",
};

/** The columns of the file: id and name of the run, then those on show in their order. */
export function fileColumns(shown: readonly RunColumn[]): FileColumn[] {
  const names = new Set<string>();
  // Headings that are the same in two groups say which group they are of.
  const nameOf = (column: RunColumn) => {
    const label = fullLabelOf(column);
    const name = names.has(label) ? `${GROUP_LABELS[column.group]}: ${label}` : label;
    names.add(name);
    return name;
  };
  return [
    { name: "run_id", isNumber: false, values: (page) => page.run_ids },
    { name: "run_name", isNumber: false, values: (page) => page.run_names },
    ...shown
      .filter(({ id }) => id !== "attributes.run_id")
      .map((column) => ({
        name: nameOf(column),
        isNumber: isNumber(column),
        values: (page: RunTable) => valuesOf(page).get(column.id) ?? [],
      })),
  ];
}

/** Params stay texts, as they were logged. */
function isNumber({ group, isNumeric }: RunColumn): boolean {
  return group === "attributes" ? Boolean(isNumeric) : /^(metrics|min|max)$/.test(group);
}

/** The rows of a page that are wanted; none chosen means all. */
export function rowsOf(
  page: RunTable,
  columns: readonly FileColumn[],
  chosen: ReadonlySet<string>,
): CellValue[][] {
  const values = columns.map((column) => column.values(page));
  return page.run_ids.flatMap((id, at) =>
    chosen.size === 0 || chosen.has(id) ? [values.map((each) => each[at])] : [],
  );
}

async function writerOf(format: Format, columns: readonly FileColumn[]): Promise<FileWriter> {
  if (format === "csv") return csvWriter(columns);
  if (format === "json") return jsonWriter(columns);
  const { parquetWriter } = await import("./parquet_file");
  return parquetWriter(columns);
}

/** The file of a view, or of the chosen runs of it; `onRows` hears how many rows it has so far. */
export async function exportView(
  format: Format,
  query: RunQuery,
  shown: readonly RunColumn[],
  chosen: ReadonlySet<string>,
  onRows: (count: number) => void,
): Promise<Blob> {
  const columns = fileColumns(shown);
  const writer = await writerOf(format, columns);
  let count = 0;
  const whole = { ...queryOf(query, chosen), columns: shown.map(wireColumn) };
  for await (const page of pagesOfRuns(whole)) {
    const rows = rowsOf(page, columns, chosen);
    writer.write(rows);
    count += rows.length;
    onRows(count);
    if (count === chosen.size) break;
  }
  return new Blob(writer.finish(), { type: TYPES[format] });
}

/** Comma-separated; what is absent is empty, numbers are exact. */
export function csvWriter(columns: readonly FileColumn[]): FileWriter {
  const parts = [csvRow(columns.map(({ name }) => name))];
  return {
    write: (rows) => parts.push(rows.map((row) => `\r\n${csvRow(row)}`).join("")),
    finish: () => [...parts, "\r\n"],
  };
}

/** A list of objects; what is absent is null, what is no number a word. */
export function jsonWriter(columns: readonly FileColumn[]): FileWriter {
  const parts: string[] = [];
  const text = (row: readonly CellValue[]) =>
    JSON.stringify(Object.fromEntries(columns.map(({ name }, at) => [name, plain(row[at])])));
  return {
    write: (rows) => {
      if (rows.length > 0) parts.push(rows.map(text).join(",\n"));
    },
    finish: () => [
      "[\n",
      ...parts.flatMap((part, at) => (at > 0 ? [",\n", part] : [part])),
      "\n]\n",
    ],
  };
}

function plain(value: CellValue): number | string | null {
  if (typeof value !== "number") return value ?? null;
  return Number.isFinite(value) ? value : String(value);
}

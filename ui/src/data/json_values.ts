/** JSON read without losing digits, and the tables that runs log as JSON. */

/** A number that JavaScript would round, as it is written. */
export class ExactNumber {
  constructor(readonly source: string) {}

  toString(): string {
    return this.source;
  }
}

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | ExactNumber
  | JsonValue[]
  | { [key: string]: JsonValue };

/** Texts, so that digits in them are left alone, and numbers. */
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
const LONG_WHOLE = /^-?\d{16,}$/;
const MARK = "\0exact ";

/** Reads JSON; whole numbers with more digits than a double holds stay as they are written. */
export function parseJson(text: string): JsonValue {
  if (!/\d{16}/.test(text)) return JSON.parse(text) as JsonValue;
  const marked = text.replace(TEXT_OR_NUMBER, (found) =>
    LONG_WHOLE.test(found) && !Number.isSafeInteger(Number(found))
      ? JSON.stringify(MARK + found)
      : found,
  );
  return JSON.parse(marked, (_key, value: JsonValue) =>
    typeof value === "string" && value.startsWith(MARK)
      ? new ExactNumber(value.slice(MARK.length))
      : value,
  ) as JsonValue;
}

/** Whether a value has parts of its own. */
export function isBranch(value: JsonValue): value is JsonValue[] | { [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !(value instanceof ExactNumber);
}

/** A table as `log_table` writes it: names of columns, and rows of as many values. */
export interface LoggedTable {
  columns: string[];
  rows: JsonValue[][];
}

/** The table in a JSON value; undefined if it holds none. */
export function tableIn(value: JsonValue): LoggedTable | undefined {
  if (!isBranch(value) || Array.isArray(value)) return undefined;
  const { columns, data } = value;
  if (!Array.isArray(columns) || !Array.isArray(data)) return undefined;
  if (!columns.every((name) => !isBranch(name))) return undefined;
  if (!data.every((row): row is JsonValue[] => Array.isArray(row))) return undefined;
  return { columns: columns.map(String), rows: data };
}

const MOST_CUTS = 50;

/** The table in the beginning of a JSON text, without the row that is cut. */
export function tableInBeginning(text: string): LoggedTable | undefined {
  if (!/^\s*\{\s*"columns"\s*:/.test(text)) return undefined;
  let end = text.length;
  // The last "]," may stand inside a text of a row: then the one before it is tried.
  for (let cut = 0; cut < MOST_CUTS; cut++) {
    end = text.lastIndexOf("],", end - 1);
    if (end < 0) return undefined;
    try {
      return tableIn(parseJson(`${text.slice(0, end)}]]}`));
    } catch {
      // Not the end of a row.
    }
  }
  return undefined;
}

/** An image in a cell of a logged table, by the paths of its files. */
export function imageInCell(value: JsonValue): { path: string; preview: string } | undefined {
  if (!isBranch(value) || Array.isArray(value) || value.type !== "image") return undefined;
  const { filepath, compressed_filepath } = value;
  if (typeof filepath !== "string") return undefined;
  return {
    path: filepath,
    preview: typeof compressed_filepath === "string" ? compressed_filepath : filepath,
  };
}

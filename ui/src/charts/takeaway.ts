/** A chart to take away: as an image, as data, and as the code that makes it. */
import { formatTable } from "../data/csv";
import { exactNumber } from "../data/numbers";

/** One row of a chart's data; every row of a chart has the same names. */
export type DataRow = Record<string, string | number | null>;

/** What the menu of a chart can take. Each part is made when it is asked for. */
export interface Takeaway {
  png: () => Promise<Blob>;
  svg: () => string;
  rows: () => DataRow[];
  code: () => string;
}

/** Rows as comma-separated text under their names. */
export function rowsAsCsv(rows: readonly DataRow[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => names.map((name) => cell(row[name] ?? null)));
  return `${formatTable([names, ...cells])}\n`;
}

function cell(value: string | number | null): string {
  return typeof value === "number" ? exactNumber(value) : (value ?? "");
}

/** Rows as JSON; what is no finite number is a word, as on the wire. */
export function rowsAsJson(rows: readonly DataRow[]): string {
  const word = (_name: string, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  return `${JSON.stringify(rows, word, 1)}\n`;
}

/** A file name that any system takes. */
export function fileName(title: string, ending: string): string {
  const name = title.replace(/[^\w.-]+/g, "_").slice(0, 80);
  return `${name || "chart"}.${ending}`;
}

/** Hands a file to the browser's downloads. */
export function download(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The download has begun with the click; until the next turn the address must be alive.
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}

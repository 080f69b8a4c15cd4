/** Notebooks of Jupyter (format 4), as far as pages show them. */
import { isBranch, type JsonValue, parseJson } from "./json_values";

/** What a cell printed or returned. Images are base64. */
export type Output =
  | { kind: "text"; text: string; isError: boolean }
  | { kind: "image"; type: string; data: string }
  | { kind: "html"; html: string }
  | { kind: "markdown"; text: string };

export interface Cell {
  kind: "code" | "markdown" | "raw";
  source: string;
  /** The number in brackets beside a cell that was run. */
  count: number | undefined;
  outputs: Output[];
}

export interface Notebook {
  language: string;
  cells: Cell[];
}

type Fields = { [key: string]: JsonValue };

/** Reads a notebook; raises `SyntaxError` for what is no JSON, `Error` for what is no notebook. */
export function parseNotebook(text: string): Notebook {
  const read = fieldsOf(parseJson(text));
  if (!Array.isArray(read.cells)) {
    throw new Error("It has no cells: notebooks older than format 4 are not shown.");
  }
  const language = fieldsOf(fieldsOf(read.metadata).language_info).name;
  return {
    language: typeof language === "string" ? language : "python",
    cells: read.cells.map((cell) => cellOf(fieldsOf(cell))),
  };
}

function cellOf(cell: Fields): Cell {
  const kind = cell.cell_type === "markdown" || cell.cell_type === "raw" ? cell.cell_type : "code";
  return {
    kind,
    source: joined(cell.source),
    count: typeof cell.execution_count === "number" ? cell.execution_count : undefined,
    outputs: Array.isArray(cell.outputs)
      ? cell.outputs.flatMap((it) => outputOf(fieldsOf(it)))
      : [],
  };
}

/** One output in the richest form that can be shown; nothing if there is none. */
function outputOf(output: Fields): Output[] {
  if (output.output_type === "stream") {
    const text = withoutColours(joined(output.text));
    return text ? [{ kind: "text", text, isError: output.name === "stderr" }] : [];
  }
  if (output.output_type === "error") {
    const trace = withoutColours(joined(output.traceback, "\n"));
    const text = trace || `${joined(output.ename)}: ${joined(output.evalue)}`;
    return [{ kind: "text", text, isError: true }];
  }
  const data = fieldsOf(output.data);
  for (const type of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    if (data[type] !== undefined) {
      return [{ kind: "image", type, data: joined(data[type]).replace(/\s/g, "") }];
    }
  }
  if (data["text/html"] !== undefined) return [{ kind: "html", html: joined(data["text/html"]) }];
  if (data["text/markdown"] !== undefined) {
    return [{ kind: "markdown", text: joined(data["text/markdown"]) }];
  }
  const text = withoutColours(joined(data["text/plain"]));
  return text ? [{ kind: "text", text, isError: false }] : [];
}

/** Notebooks keep a text as one string or as a list of lines. */
function joined(value: JsonValue | undefined, between = ""): string {
  if (Array.isArray(value)) return value.map(String).join(between);
  return value === undefined || value === null || isBranch(value) ? "" : String(value);
}

function fieldsOf(value: JsonValue | undefined): Fields {
  return value !== undefined && isBranch(value) && !Array.isArray(value) ? value : {};
}

/** A terminal's text without the codes that colour it. */
export function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes begin with the escape letter
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "");
}

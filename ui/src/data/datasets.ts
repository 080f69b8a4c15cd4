/** What a run tells about a dataset: columns, counts, where it came from. All of it is JSON in text. */
import type { Dataset } from "../api/types.gen";
import { isBranch, type JsonValue, parseJson } from "./json_values";
import { typeName } from "./manifest";

export interface DatasetFacts {
  columns: { name: string; type: string }[];
  /** Numbers such as rows and elements, with the words for them. */
  counts: [name: string, value: string][];
  /** A place, or undefined if code made the data. */
  source: string | undefined;
}

type Fields = { [key: string]: JsonValue };

export function datasetFacts(dataset: Dataset): DatasetFacts {
  const source = fieldsOf(dataset.source);
  const place = ["uri", "url", "path", "delta_table_name"].map((name) => source[name]);
  const found = place.find((value) => typeof value === "string");
  return {
    columns: columnsOf(fieldsOf(dataset.schema)),
    counts: Object.entries(fieldsOf(dataset.profile))
      .filter(([, value]) => !isBranch(value))
      .map(([name, value]) => [name.replace(/^num_/, "").replaceAll("_", " "), String(value)]),
    source: typeof found === "string" ? found : undefined,
  };
}

function columnsOf(schema: Fields): DatasetFacts["columns"] {
  const columns = schema.mlflow_colspec;
  if (Array.isArray(columns)) return columns.map(columnOf);
  const tensors = schema.mlflow_tensorspec;
  if (tensors === undefined || !isBranch(tensors) || Array.isArray(tensors)) return [];
  return Object.entries(tensors).flatMap(([name, spec]) => {
    const read = typeof spec === "string" ? parsed(spec) : spec;
    const list = Array.isArray(read) ? read : [read ?? null];
    return list.map((each) => ({ name, type: columnOf(each).type }));
  });
}

function columnOf(value: JsonValue): { name: string; type: string } {
  if (!isBranch(value) || Array.isArray(value)) return { name: String(value), type: "" };
  const name = typeof value.name === "string" ? value.name : "";
  return { name, type: typeName(value) };
}

/** The fields of a JSON object in a text; none if it is something else. */
function fieldsOf(text: string | undefined): Fields {
  const value = parsed(text ?? "");
  return value !== undefined && isBranch(value) && !Array.isArray(value) ? value : {};
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined; // some clients write plain text here
  }
}

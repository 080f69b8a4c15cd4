import { parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import type { RunTable } from "../src/api/types.gen";
import type { RunColumn } from "../src/data/columns";
import { parquetWriter } from "../src/data/parquet_file";
import { csvWriter, fileColumns, jsonWriter, rowsOf } from "../src/data/view_export";

const SHOWN: RunColumn[] = [
  { id: "metrics.loss", group: "metrics", key: "loss" },
  { id: "params.loss", group: "params", key: "loss" },
  { id: "min.loss", group: "min", key: "loss" },
];
const PAGE: RunTable = {
  total: 3,
  run_ids: ["a", "b", "c"],
  run_names: ["one", 'two, "2"', "three"],
  experiment_ids: ["1", "1", "1"],
  statuses: ["FINISHED", "FINISHED", "FINISHED"],
  start_times: [null, null, null],
  end_times: [null, null, null],
  lifecycle_stages: ["active", "active", "active"],
  child_counts: [],
  columns: [
    { kind: "metric", key: "loss", numbers: [0.1, "NaN", null] },
    { kind: "param", key: "loss", texts: ["mse", null, "=1+1"] },
    { kind: "metric", key: "loss", aggregate: "min", numbers: [-1e-300, "-Infinity", 3] },
  ],
};
const COLUMNS = fileColumns(SHOWN);
const ALL: ReadonlySet<string> = new Set();
const textOf = (parts: BlobPart[]) => parts.join("");

test("headings are told apart", () => {
  expect(COLUMNS.map(({ name }) => name)).toEqual([
    "run_id",
    "run_name",
    "loss",
    "Params: loss",
    "lowest loss",
  ]);
});

test("as CSV, quoted where it must be", () => {
  const writer = csvWriter(COLUMNS);
  writer.write(rowsOf(PAGE, COLUMNS, ALL));
  expect(textOf(writer.finish()).split("\r\n")).toEqual([
    "run_id,run_name,loss,Params: loss,lowest loss",
    "a,one,0.1,mse,-1e-300",
    'b,"two, ""2""",NaN,,-Infinity',
    "c,three,,=1+1,3",
    "",
  ]);
});

test("as JSON, whether pages have rows or not", () => {
  const writer = jsonWriter(COLUMNS);
  for (const chosen of ["a", "nobody", "c"]) {
    writer.write(rowsOf(PAGE, COLUMNS, new Set([chosen])));
  }
  const rows: unknown = JSON.parse(textOf(writer.finish()));
  expect(rows).toEqual([
    { run_id: "a", run_name: "one", loss: 0.1, "Params: loss": "mse", "lowest loss": -1e-300 },
    { run_id: "c", run_name: "three", loss: null, "Params: loss": "=1+1", "lowest loss": 3 },
  ]);
  expect(JSON.parse(textOf(jsonWriter(COLUMNS).finish()))).toEqual([]);
});

test("as Parquet, page after page", async () => {
  const writer = parquetWriter(COLUMNS);
  writer.write(rowsOf(PAGE, COLUMNS, ALL));
  writer.write(rowsOf(PAGE, COLUMNS, new Set(["c"])));
  const file = await new Blob(writer.finish()).arrayBuffer();
  const rows = await parquetReadObjects({ file });
  expect(rows.map((row) => row.run_id)).toEqual(["a", "b", "c", "c"]);
  expect(rows.map((row) => row.loss)).toEqual([0.1, Number.NaN, null, null]);
  expect(rows[0]?.["Params: loss"]).toBe("mse");
});

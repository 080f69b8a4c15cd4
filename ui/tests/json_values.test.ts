import { expect, test } from "vitest";
import {
  ExactNumber,
  imageInCell,
  parseJson,
  tableIn,
  tableInBeginning,
} from "../src/data/json_values";
import { parseNotebook, withoutColours } from "../src/data/notebooks";

test("long whole numbers keep their digits", () => {
  const read = parseJson(
    '{"id": 12345678901234567890, "x": [0.1, 1e400, 3, "1234567890123456789", 0.1234567890123456, 9007199254740991]}',
  ) as {
    id: unknown;
    x: unknown;
  };
  expect(read.id).toBeInstanceOf(ExactNumber);
  expect(String(read.id)).toBe("12345678901234567890");
  expect(read.x).toEqual([
    0.1,
    Number.POSITIVE_INFINITY,
    3,
    "1234567890123456789",
    0.1234567890123456,
    Number.MAX_SAFE_INTEGER,
  ]);
});

test("a logged table is known by its columns and rows", () => {
  expect(tableIn(parseJson('{"columns": ["a", 2], "data": [[1, null]]}'))).toEqual({
    columns: ["a", "2"],
    rows: [[1, null]],
  });
  for (const text of ['{"columns": ["a"]}', '{"columns": ["a"], "data": [1]}', "[1]", "null"]) {
    expect(tableIn(parseJson(text)), text).toBeUndefined();
  }
});

test("the beginning of a table has all rows but the one that is cut", () => {
  const text = JSON.stringify({
    columns: ["a", "b"],
    data: [
      [1, "x],"],
      [2, "y"],
      [3, "z],"],
    ],
  });
  const cut = (end: number) => tableInBeginning(text.slice(0, end))?.rows;
  expect(cut(text.indexOf("[2") + 3)).toEqual([[1, "x],"]]);
  expect(cut(text.length - 4)).toEqual([
    [1, "x],"],
    [2, "y"],
  ]);
  expect(tableInBeginning('{"other": [[1],[2]')).toBeUndefined();
});

test("a cell may name an image", () => {
  const cell = { type: "image", filepath: "a.png", compressed_filepath: "a.webp" };
  expect(imageInCell(cell)).toEqual({ path: "a.png", preview: "a.webp" });
  expect(imageInCell({ type: "image", filepath: "a.png" })?.preview).toBe("a.png");
  expect(imageInCell({ type: "text", filepath: "a.png" })).toBeUndefined();
});

test("a notebook is read with the richest output that can be shown", () => {
  const output = (data: object) => ({ output_type: "display_data", data });
  const notebook = parseNotebook(
    JSON.stringify({
      metadata: { language_info: { name: "R" } },
      cells: [
        { cell_type: "markdown", source: ["# a\n", "b"] },
        {
          cell_type: "code",
          execution_count: 3,
          source: "x",
          outputs: [
            { output_type: "stream", name: "stderr", text: "\u001b[31mred\u001b[0m" },
            output({ "text/plain": "p", "text/html": ["<b>", "</b>"] }),
            output({ "text/plain": "p", "image/png": "AA\nBB\n" }),
            { output_type: "error", ename: "E", evalue: "v", traceback: [] },
            output({ "application/x-unknown": "?" }),
          ],
        },
      ],
    }),
  );
  expect(notebook.language).toBe("R");
  expect(notebook.cells[0]).toMatchObject({ kind: "markdown", source: "# a\nb", outputs: [] });
  expect(notebook.cells[1]).toMatchObject({ count: 3 });
  expect(notebook.cells[1]?.outputs).toEqual([
    { kind: "text", text: "red", isError: true },
    { kind: "html", html: "<b></b>" },
    { kind: "image", type: "image/png", data: "AABB" },
    { kind: "text", text: "E: v", isError: true },
  ]);
  expect(() => parseNotebook('{"worksheets": []}')).toThrow("format 4");
  expect(withoutColours("\u001b[1;31ma\u001b[0mb")).toBe("ab");
});

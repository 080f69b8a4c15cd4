import { expect, test, vi } from "vitest";
import { zipAddress } from "../src/data/artifacts";
import { fileKind, languageOf } from "../src/data/file_kinds";
import { filesFound, foldersAbove, treeRows } from "../src/data/file_tree";
import { hexLines } from "../src/data/hex";
import { imageAt, nearestIndex, seriesOf, stepsOf } from "../src/data/image_series";
import { fileUri, pathInModel } from "../src/data/model_paths";
import { plainRows } from "../src/data/parquet";
import { shownScale, zoomed } from "../src/data/zoom";

const file = (path: string) => ({ path, is_dir: false, file_size: 1 });
const folder = (path: string) => ({ path, is_dir: true });

test("files are shown by what their names say", () => {
  const kinds = {
    "a.PNG": "image",
    "a.csv": "delimited",
    "model/MLmodel": "model",
    myMLmodel: "text",
    "a.json": "json",
    "model.pkl": "binary",
    "notes.md": "markdown",
    "x.parquet": "parquet",
    "x.ipynb": "notebook",
    "x.htm": "html",
    "x.pdf": "pdf",
    "x.log": "text",
  };
  for (const [path, kind] of Object.entries(kinds)) expect(fileKind(path), path).toBe(kind);
  expect(languageOf("src/train.py")).toBe("python");
  expect(languageOf("model/MLmodel")).toBe("yaml");
  expect(languageOf("a.log")).toBeUndefined();
});

test("open folders stand in the tree with what is in them", () => {
  const rows = treeRows(
    new Map([
      ["", { files: [folder("a"), folder("b"), file("c.txt")] }],
      ["a", { files: [folder("a/d"), file("a/e.txt")] }],
      ["a/d", { files: [] }],
      ["b", undefined],
    ]),
  );
  expect(
    rows.map((row) => [row.kind, row.kind === "note" ? row.text : row.file.path, row.depth]),
  ).toEqual([
    ["folder", "a", 0],
    ["folder", "a/d", 1],
    ["note", "empty", 2],
    ["file", "a/e.txt", 1],
    ["folder", "b", 0],
    ["note", "…", 1],
    ["file", "c.txt", 0],
  ]);
  expect(foldersAbove("a/d/e.txt")).toEqual(["a", "a/d"]);
  expect(foldersAbove("c.txt")).toEqual([]);
});

test("files of logged models have paths of their own", () => {
  const path = "models:/m-0123abc/code/a b.py";
  expect(pathInModel(path)).toEqual({ model_id: "m-0123abc", inner: "code/a b.py" });
  expect(pathInModel("models:/m-0123abc")?.inner).toBe("");
  expect(pathInModel("models/m-1/x")).toBeUndefined();
  expect(pathInModel("models:/house/3")).toBeUndefined();
  expect(foldersAbove(path)).toEqual(["models:/m-0123abc", "models:/m-0123abc/code"]);
  expect(fileUri("r", path)).toBe(path);
  expect(fileUri("r", "a/b")).toBe("runs:/r/a/b");
  expect(fileUri("r", "")).toBe("runs:/r");
});

test("files are found by words of their paths", () => {
  const files = [file("plots/Loss.png"), file("plots/roc.png"), file("loss.csv")];
  expect(filesFound(files, "LOSS pl").map(({ path }) => path)).toEqual(["plots/Loss.png"]);
  expect(filesFound(files, " ")).toHaveLength(3);
});

test("images are sorted into series by key and step, of both ways to name them", () => {
  const id = "0a1b2c3d-0000-4000-8000-000000000001";
  const series = seriesOf([
    file(`images/val~grid+step+10+timestamp+5+${id}.png`),
    file(`images/val~grid+step+10+timestamp+5+${id}+compressed.webp`),
    file(`images/val~grid+step+2+timestamp+4+${id}.png`),
    file(`images/old%step%7%timestamp%3%${id}.png`),
    file("images/photo.png"),
  ]);
  expect([...series.keys()]).toEqual(["old", "val/grid"]);
  const grid = series.get("val/grid");
  expect(grid?.map(({ step }) => step)).toEqual([2, 10]);
  expect(grid?.[1]?.preview).toContain("+compressed.webp");
  expect(grid?.[1]?.path).toMatch(/\.png$/);
  expect(stepsOf([series])).toEqual([2, 7, 10]);
  expect(imageAt(grid, 9)?.step).toBe(2);
  expect(imageAt(grid, 1)).toBeUndefined();
  expect(nearestIndex([2, 7, 10], 9)).toBe(1);
  expect(nearestIndex([2, 7, 10], 0)).toBe(0);
});

test("bytes are written in lines of sixteen", () => {
  expect(hexLines(new TextEncoder().encode("ABCDEFGHIJKLMNOP\n~"))).toEqual([
    "00000000  41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50  ABCDEFGHIJKLMNOP",
    `00000010  0a 7e${" ".repeat(42)}  ·~`,
  ]);
});

test("values of Parquet files are told as JSON tells them", () => {
  const [row] = plainRows([
    [12n, 2n ** 62n, new Date(0), null, new Uint8Array([1, 255]), { a: [1n] }, Number.NaN],
  ]);
  expect(row?.map(String)).toEqual([
    "12",
    "4611686018427387904",
    "1970-01-01T00:00:00.000Z",
    "null",
    "2 bytes: 01ff",
    "[object Object]",
    "NaN",
  ]);
  expect(row?.[5]).toEqual({ a: [1] });
});

test("an image fits its pane, and each zoom passes through its own size", () => {
  const room = { width: 800, height: 400 };
  expect(shownScale({ width: 1600, height: 400 }, room, undefined)).toBe(0.5);
  expect(shownScale({ width: 320, height: 200 }, room, undefined)).toBe(1);
  expect(shownScale({ width: 16, height: 16 }, room, undefined)).toBe(16);
  expect(shownScale({ width: 16, height: 16 }, room, 3)).toBe(3);
  expect(shownScale(undefined, room, undefined)).toBe(1);
  expect(zoomed(0.9, 1)).toBe(1);
  expect(zoomed(1.1, -1)).toBe(1);
  expect(zoomed(1, 1)).toBe(1.25);
  expect(zoomed(64, 1)).toBe(64);
});

test("a folder that is chosen is open itself", () => {
  expect(foldersAbove("a/b/")).toEqual(["a", "a/b"]);
  expect(foldersAbove("models:/m-1/")).toEqual(["models:/m-1"]);
  expect(foldersAbove("models:/m-1/data/")).toEqual(["models:/m-1", "models:/m-1/data"]);
});

test("folders of runs and models come as zip files from where their files come", () => {
  vi.stubGlobal("document", { baseURI: "http://host/below/" });
  const root = new URL(zipAddress("r1", ""));
  expect(Object.fromEntries(root.searchParams)).toEqual({ run_id: "r1", archive: "zip" });
  const folder = new URL(zipAddress("r1", "a b/ü&c"));
  expect(folder.searchParams.get("path")).toBe("a b/ü&c");
  const model = new URL(zipAddress("r1", "models:/m-1/data"));
  expect(model.pathname).toMatch(/^\/below\/.*\/logged-models\/m-1\/artifacts\/files$/);
  expect(Object.fromEntries(model.searchParams)).toEqual({
    artifact_file_path: "data",
    archive: "zip",
  });
});

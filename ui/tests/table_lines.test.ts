import { describe, expect, test } from "vitest";
import type { RunGroups, RunTable } from "../src/api/types.gen";
import { PageShelf } from "../src/data/page_shelf";
import { groupKeys, groupValues, membersOf } from "../src/data/run_groups";
import { PAGE_SIZE } from "../src/data/run_table";
import { branchOf, linesIn, type Page, wantedPages } from "../src/data/table_branches";
import { type Line, valueIn } from "../src/data/table_lines";
import { withSeen } from "../src/views/runs/asked_columns";
import { filterClauses } from "../src/views/runs/cell_menu";

function table(ids: string[], children: number[], total = ids.length): RunTable {
  const same = <Value>(value: Value) => ids.map(() => value);
  return {
    total,
    run_ids: ids,
    run_names: ids,
    experiment_ids: same("1"),
    statuses: same("FINISHED"),
    start_times: same(null),
    end_times: same(null),
    lifecycle_stages: same("active"),
    child_counts: children,
    columns: [{ kind: "metric", key: "loss", numbers: ids.map((_, at) => at) }],
  };
}

const GROUPS: RunGroups = {
  total: 3,
  run_total: 6,
  counts: [3, 2, 1],
  columns: [
    { kind: "param", key: "lr", texts: ["0.1", null, "a,b"] },
    { kind: "metric", key: "loss", numbers: [1, "NaN", null] },
  ],
  measures: [],
};
const NONE: ReadonlySet<string> = new Set();
const ids = (lines: { length: number; at: (index: number) => Line | undefined }) =>
  Array.from({ length: lines.length }, (_, at) => lines.at(at)?.id);

describe("lines of a tree", () => {
  const shelf = new PageShelf<Page>();
  const roots = table(["a", "b", "c"], [0, 2, 1]);
  shelf.put("", 0, roots, roots.total);

  test("are the roots while nothing is opened", () => {
    expect(ids(linesIn(shelf, NONE))).toEqual(["a", "b", "c"]);
  });

  test("keep places for children that are not here yet, and ask for them", () => {
    const open = new Set(["b", "gone"]);
    expect(ids(linesIn(shelf, open))).toEqual(["a", "b", undefined, undefined, "c"]);
    const wanted = wantedPages(branchOf(shelf, open), { first: 0, last: 9 });
    expect(wanted).toEqual([
      { key: "", page: 0 },
      { key: "b", page: 0 },
    ]);
  });

  test("are the same objects as long as nothing about them changes", () => {
    const open = new Set(["b"]);
    expect(linesIn(shelf, open).at(0)).toBe(linesIn(shelf, open).at(0));
    expect(linesIn(shelf, open).at(1)).not.toBe(linesIn(shelf, NONE).at(1));
  });

  test("have values of the columns that were asked for", () => {
    const line = linesIn(shelf, NONE).at(2);
    if (line?.kind !== "run") throw new Error("no run");
    expect(valueIn(line, "metrics.loss")).toBe(2);
    expect(valueIn(line, "params.lr")).toBeNull();
  });
});

test("before anything is here, the page of the first line in sight is asked for", () => {
  const wanted = wantedPages(undefined, { first: 3 * PAGE_SIZE + 5, last: 4 * PAGE_SIZE });
  expect(wanted).toEqual([{ key: "", page: 3 }]);
});

test("lines behind the end ask for the last page", () => {
  const shelf = new PageShelf<Page>();
  shelf.put("", 0, table(["a"], []), 1);
  expect(wantedPages(branchOf(shelf, NONE), { first: 900, last: 940 })).toEqual([
    { key: "", page: 0 },
  ]);
});

test("a shelf keeps a bounded number of pages, and all totals", () => {
  const shelf = new PageShelf<string>();
  for (let page = 0; page < 500; page++) shelf.put("", page, `page ${page}`, 100_000);
  expect(shelf.pagesOf("").size).toBeLessThanOrEqual(60);
  expect(shelf.get("", 0)).toBeUndefined();
  expect(shelf.get("", 499)).toBe("page 499");
  expect(shelf.totalOf("")).toBe(100_000);
});

describe("a group's key", () => {
  const by = [
    { kind: "param", key: "lr" },
    { kind: "metric", key: "loss" },
  ] as const;

  test("tells numbers, texts and absence apart, there and back", () => {
    expect(groupKeys(GROUPS).map(groupValues)).toEqual([
      ["0.1", 1],
      [undefined, Number.NaN],
      ["a,b", undefined],
    ]);
  });

  test("names its members as requests do", () => {
    const [, second = ""] = groupKeys(GROUPS);
    expect(membersOf(second, by)).toEqual([
      { kind: "param", key: "lr" },
      { kind: "metric", key: "loss", number: "NaN" },
    ]);
  });

  test("opens into the runs of the group", () => {
    const shelf = new PageShelf<Page>();
    shelf.put("", 0, GROUPS, 3);
    const [first = ""] = groupKeys(GROUPS);
    shelf.put(first, 0, table(["x", "y", "z"], []), 3);
    const lines = linesIn(shelf, new Set([first]));
    expect(lines.length).toBe(6);
    expect(ids(lines).slice(1, 4)).toEqual(["x", "y", "z"]);
  });
});

test("columns are asked for in blocks, and those seen before are given up when they are many", () => {
  const columns = Array.from({ length: 500 }, (_, at) => ({
    id: `params.p${at}`,
    group: "params" as const,
    key: `p${at}`,
  }));
  const first = withSeen(new Set(), columns, 0, 3);
  expect(first.size).toBe(16);
  expect(withSeen(first, columns, 2, 8)).toBe(first);
  let seen = first;
  for (let at = 0; at < 480; at += 10) seen = withSeen(seen, columns, at, at + 10);
  expect(seen.size).toBeLessThanOrEqual(96);
  expect(seen.has("params.p480")).toBe(true);
});

test("filters of a cell follow from its value", () => {
  expect(filterClauses("metrics.val loss", 0.5)).toEqual([
    "metrics.`val loss` = 0.5",
    "metrics.`val loss` != 0.5",
    "metrics.`val loss` >= 0.5",
    "metrics.`val loss` <= 0.5",
  ]);
  expect(filterClauses("params.model", "tree")).toHaveLength(2);
  expect(filterClauses("params.lr", "0.1")[0]).toBe("params.lr = '0.1'");
  expect(filterClauses("params.lr", "0.1")[2]).toBe("params.lr >= 0.1");
  expect(filterClauses("tags.phase", undefined)).toEqual([
    "tags.phase IS NULL",
    "tags.phase IS NOT NULL",
  ]);
  expect(filterClauses("metrics.loss", Number.NaN)).toEqual([]);
  expect(filterClauses("attributes.duration", 5)).toEqual([]);
});

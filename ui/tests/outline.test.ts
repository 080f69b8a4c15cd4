import { describe, expect, test } from "vitest";
import { type Branch, linesOf, pagesBetween, spotAt } from "../src/data/outline";

const leaf = (key: string, length: number): Branch => ({ key, length, opened: [] });
const TREE: Branch = {
  key: "",
  length: 1_000,
  opened: [
    {
      at: 2,
      branch: { key: "c", length: 300, opened: [{ at: 0, branch: leaf("c.a", 2) }] },
    },
    { at: 3, branch: leaf("d", 0) },
    { at: 500, branch: leaf("x", 5) },
  ],
};

test("lines are counted through all levels", () => {
  expect(linesOf(TREE)).toBe(1_000 + 300 + 2 + 0 + 5);
});

test("each line has one item, each item one line", () => {
  const seen = new Set<string>();
  for (let line = 0; line < linesOf(TREE); line++) {
    const spot = spotAt(TREE, line);
    seen.add(`${spot?.key} ${spot?.at}`);
  }
  expect(seen.size).toBe(linesOf(TREE));
  expect(spotAt(TREE, linesOf(TREE))).toBeUndefined();
});

test("what is opened follows its item, one level deeper", () => {
  expect(spotAt(TREE, 2)).toEqual({ key: "", at: 2, level: 1 });
  expect(spotAt(TREE, 3)).toEqual({ key: "c", at: 0, level: 2 });
  expect(spotAt(TREE, 4)).toEqual({ key: "c.a", at: 0, level: 3 });
  expect(spotAt(TREE, 6)).toEqual({ key: "c", at: 1, level: 2 });
  expect(spotAt(TREE, 305)).toEqual({ key: "", at: 3, level: 1 });
});

describe("the pages between two lines", () => {
  test("are those of every list in sight", () => {
    expect(pagesBetween(TREE, 0, 4, 200)).toEqual(
      new Map([
        ["", [0]],
        ["c", [0]],
        ["c.a", [0]],
      ]),
    );
    expect(pagesBetween(TREE, 300, 310, 200)).toEqual(
      new Map([
        ["c", [1]],
        ["", [0]],
      ]),
    );
  });

  test("are none of an empty list", () => {
    expect(pagesBetween(leaf("", 0), 0, 30, 200)).toEqual(new Map());
  });
});

import { describe, expect, test } from "vitest";
import { arrange, moved, withPin } from "../src/data/arrangement";

const USUAL = ["a", "b", "c", "d", "e"];
const NONE = { pinned: [], order: [] };

test("pinned columns come first, ordered ones next, the rest as usual", () => {
  expect(arrange(USUAL, { pinned: ["d"], order: ["c", "gone"] })).toEqual([
    "d",
    "c",
    "a",
    "b",
    "e",
  ]);
});

describe("a moved column", () => {
  test("takes as little as possible to remember", () => {
    expect(moved(USUAL, NONE, "d", "b")).toEqual({ pinned: [], order: ["a", "d"] });
    expect(moved(USUAL, NONE, "e", "a")).toEqual({ pinned: [], order: ["e"] });
    expect(moved(USUAL, { pinned: [], order: ["e"] }, "e", undefined)).toEqual(NONE);
  });

  test("lands where it was dropped, wherever it came from", () => {
    for (const id of USUAL) {
      for (const before of [...USUAL, undefined]) {
        if (id === before) continue;
        const expected = USUAL.filter((each) => each !== id);
        expected.splice(before ? expected.indexOf(before) : expected.length, 0, id);
        expect(arrange(USUAL, moved(USUAL, NONE, id, before))).toEqual(expected);
      }
    }
  });

  test("is pinned among the pinned, and let go behind them", () => {
    const pinned = { pinned: ["a", "b"], order: [] };
    expect(moved(USUAL, pinned, "e", "b").pinned).toEqual(["a", "e", "b"]);
    expect(moved(USUAL, pinned, "a", "d").pinned).toEqual(["b"]);
    expect(moved(USUAL, pinned, "a", "c").pinned).toEqual(["b", "a"]);
    expect(moved(USUAL, pinned, "e", "c")).toEqual({ pinned: ["a", "b"], order: ["e"] });
  });

  test("stays where it is if put before itself or before what is not there", () => {
    expect(moved(USUAL, NONE, "c", "c")).toEqual(NONE);
    expect(moved(USUAL, NONE, "c", "gone")).toEqual(NONE);
  });
});

test("pinning adds to the end of the pinned, letting go removes", () => {
  const pinned = withPin(withPin(NONE, "c", true), "a", true);
  expect(pinned.pinned).toEqual(["c", "a"]);
  expect(withPin(pinned, "c", false).pinned).toEqual(["a"]);
});

import { describe, expect, test } from "vitest";
import { align, marksOf, nearestFilled } from "../src/charts/align";
import { formatRange, parseRange, stepsWithin } from "../src/charts/axes";
import { chartTable } from "../src/charts/export";
import { smooth } from "../src/charts/smoothing";
import { parseTable } from "../src/data/csv";
import { extremesOf, type Line } from "../src/data/metrics";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

function line(steps: number[], values: number[], run_id = "r"): Line {
  const timestamps = steps.map((step) => 1_000 + step * 10);
  return { run_id, metric_key: "loss", total: steps.length, steps, timestamps, values };
}

describe("aligned lines", () => {
  test("share one axis, and pass over places that are another line's", () => {
    const { x, columns } = align([
      { x: [0, 2], y: [1, 3] },
      { x: [1, 2], y: [5, 6] },
    ]);
    expect(x).toEqual([0, 1, 2]);
    expect(columns).toEqual([
      [1, undefined, 3],
      [undefined, 5, 6],
    ]);
  });

  test("keep gaps where a value is no finite number, or none for a logarithm", () => {
    expect(align([{ x: [0, 1, 2], y: [1, nan, inf] }]).columns).toEqual([[1, null, null]]);
    expect(align([{ x: [0, 1, 2], y: [1, 0, -1] }], true).columns).toEqual([[1, null, null]]);
  });

  test("keep several values at one place", () => {
    const { x, columns } = align([
      { x: [0, 0, 1], y: [1, 9, 2] },
      { x: [0], y: [7] },
    ]);
    expect(x).toEqual([0, 0, 1]);
    expect(columns).toEqual([
      [1, 9, 2],
      [7, undefined, undefined],
    ]);
  });

  test("are sorted by place", () => {
    expect(align([{ x: [2, 1], y: [20, 10] }])).toEqual({ x: [1, 2], columns: [[10, 20]] });
  });
});

test("marks tell what a gap is", () => {
  expect(marksOf({ x: [0, 1, 2, 3], y: [nan, inf, -inf, 1] })).toEqual({
    nan: [0],
    high: [1],
    low: [2],
  });
});

test("the nearest point is found on both sides, or none", () => {
  const column = [1, undefined, undefined, null, 5];
  expect([0, 1, 2, 3, 4].map((at) => nearestFilled(column, at))).toEqual([0, 0, 0, 4, 4]);
  expect(nearestFilled([null, undefined], 0)).toBeNull();
});

describe("smoothing", () => {
  test("starts at the first value and leaves a constant alone", () => {
    expect(smooth([4, 4, 4], 0.9)[0]).toBeCloseTo(4);
    expect(smooth([4, 4, 4], 0.9)[2]).toBeCloseTo(4);
  });

  test("weight 0 changes nothing, and NaN does not spread", () => {
    expect(smooth([1, 2], 0)).toEqual([1, 2]);
    const [first, gap, last] = smooth([1, nan, 1], 0.5);
    expect([first, last]).toEqual([1, 1]);
    expect(gap).toBeNaN();
  });

  test("is the average without the bias of the start", () => {
    expect(smooth([0, 1], 0.5)[1]).toBeCloseTo(2 / 3);
  });
});

describe("ranges", () => {
  test("survive a round trip, and nonsense is none", () => {
    expect(parseRange(formatRange({ min: 10.25, max: 200 }) ?? null)).toEqual({
      min: 10.25,
      max: 200,
    });
    expect([null, "", "5", "9..3", "a..b"].map(parseRange)).toEqual(Array(5).fill(undefined));
  });

  test("on an axis of steps are whole steps", () => {
    expect(stepsWithin([], "step", { min: 1.4, max: 7.2 }, new Map())).toEqual({
      start: 1,
      end: 8,
    });
  });

  test("on an axis of times are the steps in sight and their neighbours", () => {
    const whole = [line([0, 10, 20, 30, 40], [1, 1, 1, 1, 1])];
    const starts = new Map([["r", 1_000]]);
    expect(stepsWithin(whole, "relative", { min: 150, max: 250 }, starts)).toEqual({
      start: 10,
      end: 30,
    });
    expect(stepsWithin([], "wall", { min: 0, max: 1 }, starts)).toBeUndefined();
  });
});

test("extremes pass over NaN unless there is nothing else", () => {
  expect(extremesOf([line([0, 1, 2], [3, nan, -inf])]).get("loss")).toEqual({
    lowest: -inf,
    highest: 3,
    total: 3,
  });
  expect(extremesOf([line([0], [nan])]).get("loss")?.lowest).toBeNaN();
});

test("a table read back is what was written", () => {
  const rows = parseTable(chartTable([line([0, 1], [0.5, nan], 'a,"b"\n')]), ",", 10);
  expect(rows).toEqual([
    ["run_id", "metric", "step", "timestamp", "value"],
    ['a,"b"\n', "loss", "0", "1000", "0.5"],
    ['a,"b"\n', "loss", "1", "1010", "nan"],
  ]);
});

test("a table is read up to a number of rows", () => {
  expect(parseTable("a\r\n\r\n1\n2\n3", ",", 3)).toEqual([["a"], ["1"], ["2"]]);
});

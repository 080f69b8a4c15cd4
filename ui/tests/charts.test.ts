import { describe, expect, test } from "vitest";
import { align, marksOf, nearestFilled } from "../src/charts/align";
import {
  formatRange,
  metricOfAxis,
  parseAxis,
  parseRange,
  placesOf,
  stepsWithin,
} from "../src/charts/axes";
import { rowsAsCsv, rowsAsJson } from "../src/charts/takeaway";
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
    expect(align([{ x: [0, 1, 2], y: [1, 0, -1] }], { x: false, y: true }).columns).toEqual([
      [1, null, null],
    ]);
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

  test("leave out points without a place, or without a logarithm of it", () => {
    const line = { x: [nan, 0, 1, 10], y: [1, 2, 3, 4] };
    expect(align([line])).toEqual({ x: [0, 1, 10], columns: [[2, 3, 4]] });
    expect(align([line], { x: true, y: false })).toEqual({ x: [1, 10], columns: [[3, 4]] });
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

describe("ranges", () => {
  test("survive a round trip, and nonsense is none", () => {
    expect(parseRange(formatRange({ min: 10.25, max: 200 }) ?? null)).toEqual({
      min: 10.25,
      max: 200,
    });
    expect([null, "", "5", "9..3", "a..b"].map(parseRange)).toEqual(Array(5).fill(undefined));
  });

  test("on an axis of steps are whole steps", () => {
    expect(stepsWithin([], "step", { min: 1.4, max: 7.2 })).toEqual({
      start: 1,
      end: 8,
    });
  });

  test("on another axis are the steps in sight and their neighbours", () => {
    const placed = [{ steps: [0, 10, 20, 30, 40], x: [0, 100, 200, 300, 400] }];
    expect(stepsWithin(placed, "relative", { min: 150, max: 250 })).toEqual({ start: 10, end: 30 });
    expect(stepsWithin([], "wall", { min: 0, max: 1 })).toBeUndefined();
  });

  test("on an axis of a metric that falls and rises are all steps that pass by", () => {
    const placed = [{ steps: [0, 1, 2, 3, 4, 5], x: [nan, 5, 3, 1, 3, 5] }];
    expect(stepsWithin(placed, "metrics.loss", { min: 0.5, max: 1.5 })).toEqual({
      start: 2,
      end: 4,
    });
  });
});

test("an axis survives the address", () => {
  for (const axis of ["step", "relative", "wall", "metrics.val/epoch"] as const) {
    expect(parseAxis(axis)).toBe(axis);
  }
  expect(parseAxis("nonsense")).toBe("step");
  expect(metricOfAxis("metrics.a.b")).toBe("a.b");
  expect(metricOfAxis("wall")).toBeUndefined();
});

test("places on the axis of a metric lie where it was logged, or between", () => {
  const along = line([0, 10, 20], [0, 1, 2]);
  const drawn = line([-5, 0, 5, 20, 25], [1, 1, 1, 1, 1]);
  const places = placesOf(drawn, "metrics.loss", undefined, along);
  expect(places).toEqual([nan, 0, 0.5, 2, nan]);
  expect(placesOf(drawn, "relative", 1_000, undefined)).toEqual([-50, 0, 50, 200, 250]);
  expect(placesOf(drawn, "metrics.x", undefined, undefined)).toEqual(Array(5).fill(nan));
});

test("extremes tell the points of the metrics that were counted", () => {
  const ends = new Map([
    ["loss", { lowest: 3, highest: 3 }],
    ["accuracy", { lowest: 0, highest: 1 }],
  ]);
  const extremes = extremesOf(ends, [line([0], [3])]);
  expect(extremes.get("loss")).toEqual({ lowest: 3, highest: 3, points: 1 });
  expect(extremes.get("accuracy")).toEqual({ lowest: 0, highest: 1, points: undefined });
});

test("rows read back are what was written", () => {
  const rows = [
    { run_id: 'a,"b"\n', step: 0, value: 0.5 },
    { run_id: "c", step: 1, value: nan },
  ];
  expect(parseTable(rowsAsCsv(rows), ",", 10)).toEqual([
    ["run_id", "step", "value"],
    ['a,"b"\n', "0", "0.5"],
    ["c", "1", "nan"],
  ]);
  expect(JSON.parse(rowsAsJson(rows))).toEqual([
    { run_id: 'a,"b"\n', step: 0, value: 0.5 },
    { run_id: "c", step: 1, value: "NaN" },
  ]);
});

test("a table is read up to a number of rows", () => {
  expect(parseTable("a\r\n\r\n1\n2\n3", ",", 3)).toEqual([["a"], ["1"], ["2"]]);
});

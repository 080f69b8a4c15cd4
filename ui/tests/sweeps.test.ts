import { expect, test } from "vitest";
import type { Run, RunTable } from "../src/api/types.gen";
import { historyOption } from "../src/charts/plots/history";
import { reachFar } from "../src/charts/plots/plot_frame";
import { planIn } from "../src/data/sweeps";
import {
  bestOf,
  bestSoFar,
  countsOf,
  importancesIn,
  progressOf,
  SWEEP,
  sortTrials,
  type Trial,
  trialsIn,
} from "../src/data/trials";
import { importanceText } from "../src/views/sweeps/sweep_facts";

const nan = Number.NaN;
const GRID = {
  uri: "/p",
  entry_point: "main",
  strategy: "grid",
  dimensions: [
    { name: "x", values: ["0", "1", "2"] },
    { name: "kind", values: ["a", "b"] },
  ],
  metric: "loss",
};

test("a plan tells its params and its size: combinations of a grid, else how many were asked for", () => {
  expect(planIn(JSON.stringify(GRID))).toEqual({
    strategy: "grid",
    size: 6,
    params: ["x", "kind"],
    metric: "loss",
    goal: "minimize",
  });
  const random = { ...GRID, strategy: "random", count: 40, goal: "maximize", metric: null };
  expect(planIn(JSON.stringify(random))).toMatchObject({
    size: 40,
    metric: undefined,
    goal: "maximize",
  });
});

test("what is no plan is none", () => {
  const texts = ["", "[]", "null", '{"dimensions": 3}', JSON.stringify(GRID).slice(0, -9)];
  texts.push(JSON.stringify({ ...GRID, strategy: "random" }), '{"dimensions": [{}], "count": 1}');
  for (const text of texts) expect(planIn(text), text).toBeUndefined();
});

interface Row {
  number: string | null;
  status?: string;
  at?: number;
  value?: number | "NaN" | null;
  x?: string;
}

function tableOf(rows: readonly Row[]): RunTable {
  return {
    total: rows.length,
    run_ids: rows.map((_, at) => `r${at}`),
    run_names: rows.map(() => "run"),
    experiment_ids: rows.map(() => "1"),
    statuses: rows.map(({ status = "FINISHED" }) => status),
    start_times: rows.map(({ at = 0 }) => at),
    end_times: rows.map(() => null),
    lifecycle_stages: rows.map(() => "active"),
    child_counts: [],
    columns: [
      { kind: "tag", key: "millstream.sweep.point", texts: rows.map(({ number }) => number) },
      { kind: "param", key: "x", texts: rows.map(({ x }) => x ?? null) },
      { kind: "metric", key: "loss", numbers: rows.map(({ value = null }) => value) },
    ],
  };
}

const PLAN = { params: ["x"], metric: "loss" };

test("trials are read from tables, in the order of their numbers", () => {
  const trials = trialsIn(
    [
      tableOf([{ number: "2", value: 0.5, x: "a" }]),
      tableOf([{ number: "0", status: "RUNNING" }, { number: null }, { number: "-1" }]),
    ],
    PLAN,
  );
  expect(trials.map(({ number, state, point, value }) => [number, state, point, value])).toEqual([
    [0, "running", [undefined], nan],
    [2, "finished", ["a"], 0.5],
  ]);
});

test("of several runs of a point that which finished counts, else the latest", () => {
  const runs: Row[] = [
    { number: "0", status: "FAILED", at: 5 },
    { number: "0", at: 1, value: 1 },
    { number: "0", status: "RUNNING", at: 9 },
    { number: "1", status: "KILLED", at: 1 },
    { number: "1", status: "RUNNING", at: 2 },
  ];
  for (const rows of [runs, [...runs].reverse()]) {
    const trials = trialsIn([tableOf(rows)], PLAN);
    expect(trials.map(({ state }) => state)).toEqual(["finished", "running"]);
    expect(progressOf(countsOf(trials), 6)).toEqual({
      finished: 1,
      running: 1,
      failed: 0,
      killed: 0,
      planned: 4,
    });
    // Those that were thought up anew after a failure have numbers of their own.
    expect(progressOf(countsOf(trials), 1).planned).toBe(0);
  }
});

const [alpha, beta, odd, bad] = trialsIn(
  [
    tableOf([
      { number: "0", value: 2, x: "10" },
      { number: "1", value: 1, x: "9" },
      { number: "2", value: "NaN", x: "tree" },
      { number: "3", value: 0, x: "1", status: "FAILED" },
    ]),
  ],
  PLAN,
) as [Trial, Trial, Trial, Trial];

test("the best is a finished trial with a finite value", () => {
  expect(bestOf([alpha, beta, odd, bad], "minimize")).toBe(beta);
  expect(bestOf([alpha, beta, odd, bad], "maximize")).toBe(alpha);
  expect(bestOf([odd, bad], "minimize")).toBeUndefined();
  expect(bestSoFar([nan, 3, 5, 1, nan, 2], "minimize")).toEqual([nan, 3, 3, 1, 1, 1]);
  expect(bestSoFar([3, 5, 1], "maximize")).toEqual([3, 5, 5]);
});

test("trials sort by numbers as numbers, and those without a value are last both ways", () => {
  const trials = [odd, alpha, beta];
  const byValue = ({ value }: Trial) => value;
  expect(sortTrials(trials, byValue, false)).toEqual([beta, alpha, odd]);
  expect(sortTrials(trials, byValue, true)).toEqual([alpha, beta, odd]);
  expect(sortTrials(trials, ({ point }) => point[0], false)).toEqual([beta, alpha, odd]);
});

test("importances are metrics of the parent, the greatest first", () => {
  const metrics = new Map([
    ["importance/a", 0.1],
    ["importance/b/c", 0.7],
    ["importance/d", nan],
    ["loss", 3],
  ]);
  expect(importancesIn(metrics)).toEqual([
    { param: "b/c", share: 0.7 },
    { param: "a", share: 0.1 },
  ]);
});

test("where nothing tells what matters, the page says why", () => {
  const parent = (status: string): Run => ({
    info: { run_id: "p", experiment_id: "1", user_id: "", status },
    data: { tags: [{ key: SWEEP, value: "grid" }] },
  });
  expect(importanceText(parent("RUNNING"), [alpha])).toContain("once the sweep has ended");
  expect(importanceText(parent("FINISHED"), [alpha, odd])).toContain("4 finished trials");
  const four = [alpha, beta, alpha, beta];
  expect(importanceText(parent("KILLED"), four)).toContain("before it was summed up");
  expect(importanceText(parent("FINISHED"), four)).toContain("No param");
});

test("numbers that reach far above 0 are told apart by their logarithms", () => {
  expect(reachFar([0.001, nan, 1])).toBe(true);
  for (const few of [[0, 1000], [-1, 1000], [1, 999], [nan], []]) expect(reachFar(few)).toBe(false);
});

test("the course of a sweep has the best so far as a line of steps", () => {
  const option = historyOption(
    {
      runs: {
        run_ids: ["a", "b", "c"],
        names: ["a", "b", "c"],
        values: new Map([
          ["n", [0, 2, 5]],
          ["y", [4, 6, 3]],
        ]),
        total: 3,
      },
      columns: ["n", "y"],
      labelOf: (id) => id ?? "",
      runColour: new Map(),
      selected: new Set(),
      logarithmic: { x: false, y: false },
      colours: { text: "#111", grid: "#ddd", ground: "#fff" },
      isDark: false,
    },
    { name: "best", colour: "#00f", values: [nan, 6, 3] },
  );
  const [points, line] = option.series as { type: string; data: unknown[] }[];
  expect(points?.data).toHaveLength(3);
  expect(line).toMatchObject({ type: "line", step: "end", silent: true });
  expect(line?.data).toEqual([
    [0, "-"],
    [2, 6],
    [5, 3],
  ]);
});

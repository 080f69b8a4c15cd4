import { describe, expect, test } from "vitest";
import type { Run } from "../src/api/types.gen";
import {
  allColumns,
  cellOf,
  chooseColumns,
  columnOf,
  isShownByDefault,
  orderOf,
  rowOf,
  surveyPages,
} from "../src/data/columns";

interface Logged {
  params?: Record<string, string>;
  metrics?: Record<string, number | "NaN" | "Infinity">;
  tags?: Record<string, string>;
  user_id?: string;
}

function run(
  run_id: string,
  { params = {}, metrics = {}, tags = {}, user_id = "ann" }: Logged,
): Run {
  const pairs = (values: Record<string, string>) =>
    Object.entries(values).map(([key, value]) => ({ key, value }));
  return {
    info: {
      run_id,
      experiment_id: "1",
      user_id,
      status: "FINISHED",
      start_time: 1_000,
      end_time: 3_500,
    },
    data: {
      params: pairs(params),
      tags: pairs(tags),
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 1 })),
    },
  };
}

const shown = (...pages: Run[][]) =>
  chooseColumns(surveyPages(pages), new Set(), new Set()).map((column) => column.id);

describe("columns shown by default", () => {
  test("are those in which runs differ, across pages too", () => {
    const pages = [
      [run("a", { params: { lr: "0.1", model: "tree" }, metrics: { loss: 1 } })],
      [run("b", { params: { lr: "0.2", model: "tree" }, metrics: { loss: 1 } })],
    ];
    expect(shown(...pages)).toEqual(["attributes.start_time", "attributes.duration", "params.lr"]);
  });

  test("count absence as a difference", () => {
    const runs = [run("a", { params: { lr: "0.1" } }), run("b", {})];
    expect(shown(runs)).toContain("params.lr");
  });

  test("take NaN as equal to NaN", () => {
    const runs = [run("a", { metrics: { loss: "NaN" } }), run("b", { metrics: { loss: "NaN" } })];
    expect(shown(runs)).not.toContain("metrics.loss");
  });

  test("are all params and metrics of a single run", () => {
    const only = run("a", { params: { lr: "1" }, metrics: { loss: 1 }, tags: { note: "x" } });
    expect(shown([only]).slice(2)).toEqual(["metrics.loss", "params.lr"]);
  });

  test("leave out what clients tag by themselves, and measurements of the machine", () => {
    const logged = (value: number): Logged => ({
      tags: { "mlflow.x": String(value), phase: String(value) },
      metrics: { "system/cpu": value },
    });
    expect(shown([run("a", logged(1)), run("b", logged(2))]).slice(2)).toEqual(["tags.phase"]);
  });

  test("include attributes only where they differ", () => {
    expect(shown([run("a", {}), run("b", {})])).not.toContain("attributes.user_id");
    expect(shown([run("a", {}), run("b", { user_id: "bob" })])).toContain("attributes.user_id");
  });
});

test("a choice adds and removes columns", () => {
  const survey = surveyPages([
    [run("a", { params: { lr: "1" } }), run("b", { params: { lr: "1" } })],
  ]);
  const chosen = chooseColumns(survey, new Set(["params.lr"]), new Set(["attributes.duration"]));
  expect(chosen.map((column) => column.id)).toEqual(["attributes.start_time", "params.lr"]);
});

test("keys are ordered as people count", () => {
  const survey = surveyPages([[run("a", { params: { p10: "1", p2: "1", p1: "1" } })]]);
  const params = allColumns(survey).filter((column) => column.group === "params");
  expect(params.map((column) => column.key)).toEqual(["p1", "p2", "p10"]);
});

test("a column is numeric only if all of its values are", () => {
  const runs = [
    run("a", { params: { lr: "0.1", k: "3" } }),
    run("b", { params: { lr: "auto", k: "4" } }),
  ];
  const numeric = allColumns(surveyPages([runs])).filter((column) => column.isNumeric);
  expect(numeric.map((column) => column.id)).toEqual(["params.k"]);
});

test("a page is surveyed once, and 2,000 columns of 100 runs in one go", () => {
  const keys = Array.from({ length: 2_000 }, (_, at) => [`p${at}`, String(at)]);
  const page = Array.from({ length: 100 }, (_, at) =>
    run(String(at), { params: Object.fromEntries(keys) }),
  );
  const survey = surveyPages([page]);
  expect(survey.columns.size).toBeGreaterThan(2_000);
  expect(
    [...survey.columns.values()].filter((c) => c.group === "params" && isShownByDefault(c, survey)),
  ).toEqual([]);
});

test("ids of columns keep dots in keys", () => {
  expect(columnOf("metrics.val.loss")).toEqual({
    id: "metrics.val.loss",
    group: "metrics",
    key: "val.loss",
  });
  expect(columnOf("nonsense.x")).toBeUndefined();
});

test("the server is asked to order by what it can order by", () => {
  expect(orderOf("attributes.run_name")).toBe("attributes.run_name");
  expect(orderOf("metrics.val.loss")).toBe("metrics.val.loss");
  expect(orderOf("metrics.val loss")).toBe("metrics.`val loss`");
  expect(orderOf("params.a`b")).toBe('params."a`b"');
  expect(orderOf("attributes.duration")).toBeUndefined();
});

test("cells hold numbers for metrics and texts for params", () => {
  const row = rowOf(run("a", { params: { lr: "0.1" }, metrics: { loss: "Infinity" } }));
  expect(cellOf(row, "metrics", "loss")).toBe(Number.POSITIVE_INFINITY);
  expect(cellOf(row, "params", "lr")).toBe("0.1");
  expect(cellOf(row, "attributes", "duration")).toBe(2_500);
  expect(cellOf(row, "params", "absent")).toBeUndefined();
});

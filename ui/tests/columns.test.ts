import { describe, expect, test } from "vitest";
import type { ColumnSummary, Run } from "../src/api/types.gen";
import { type Census, censusOf, chooseColumns, usualColumns } from "../src/data/column_facts";
import { cellOf, columnId, columnOf, filterName, rowOf, wireColumn } from "../src/data/columns";

const NONE: ReadonlySet<string> = new Set();

function summary(id: string, differs = true, more: Partial<ColumnSummary> = {}): ColumnSummary {
  const [kind = "", ...key] = id.split(".");
  const is_number = kind === "metric";
  return { kind: kind as ColumnSummary["kind"], key: key.join("."), differs, is_number, ...more };
}

function shown(...summaries: ColumnSummary[]): string[] {
  const census = censusOf(summaries);
  return chooseColumns(census, usualColumns(census), NONE, NONE).map(({ id }) => id);
}

const ESSENTIALS = ["attributes.start_time", "attributes.duration"];

describe("columns shown by default", () => {
  test("are those in which runs differ", () => {
    const found = shown(summary("param.lr"), summary("param.model", false), summary("metric.loss"));
    expect(found).toEqual([...ESSENTIALS, "metrics.loss", "params.lr"]);
  });

  test("are all params and metrics of runs that differ in none, within reason", () => {
    const same = shown(
      summary("param.lr", false),
      summary("metric.loss", false),
      summary("tag.note", false),
    );
    expect(same).toEqual([...ESSENTIALS, "metrics.loss", "params.lr"]);
    const many = Array.from({ length: 2_000 }, (_, at) => summary(`param.p${at}`, false));
    expect(shown(...many).length).toBeLessThan(100);
  });

  test("leave out what clients tag by themselves, and measurements of the machine", () => {
    const found = shown(
      summary("tag.mlflow.x"),
      summary("tag.phase"),
      summary("metric.system/cpu"),
    );
    expect(found).toEqual([...ESSENTIALS, "tags.phase"]);
  });

  test("include attributes that are kept in tags where those differ", () => {
    expect(shown(summary("tag.mlflow.source.name", false))).not.toContain("attributes.source");
    expect(shown(summary("tag.mlflow.source.name"))).toContain("attributes.source");
  });
});

test("a choice adds and removes columns", () => {
  const census = censusOf([summary("param.lr", false), summary("param.k")]);
  const usual = usualColumns(census);
  const chosen = chooseColumns(census, usual, new Set(["params.lr"]), new Set(ESSENTIALS));
  expect(chosen.map(({ id }) => id)).toEqual(["params.k", "params.lr"]);
});

test("keys are ordered as people count, groups as the table has them", () => {
  const census = censusOf(["tag.t", "param.p10", "param.p2", "metric.m"].map((id) => summary(id)));
  const ids = census.columns.map(({ id }) => id).filter((id) => !id.startsWith("attributes"));
  expect(ids).toEqual(["metrics.m", "min.m", "max.m", "params.p2", "params.p10", "tags.t"]);
});

test("numbers have a range, which the ends of a metric share", () => {
  const census: Census = censusOf([summary("metric.m", true, { lowest: -1, highest: 3 })]);
  expect(census.facts.get("metrics.m")?.extent).toEqual({ low: -1, high: 3 });
  expect(census.facts.get("max.m")?.extent).toEqual({ low: -1, high: 3 });
  expect(censusOf([summary("param.p")]).facts.get("params.p")?.extent).toBeUndefined();
});

test("ids of columns keep dots in keys, and travel as kind, key and aggregate", () => {
  for (const id of ["metrics.val.loss", "min.a.b", "max.x", "params.p.q", "tags.mlflow.x"]) {
    const column = columnOf(id);
    expect(column?.id).toBe(id);
    expect(column && columnId(wireColumn(column))).toBe(id);
  }
  expect(columnOf("nonsense.x")).toBeUndefined();
  const commit = columnOf("attributes.git_commit");
  expect(commit && wireColumn(commit)).toEqual({ kind: "attribute", key: "commit" });
});

test("filters name columns so that the server understands", () => {
  const named = (id: string) => {
    const column = columnOf(id);
    return column && filterName(column);
  };
  expect(named("metrics.loss")).toBe("metrics.loss");
  expect(named("metrics.val.min")).toBe("metrics.`val.min`");
  expect(named("min.val.loss")).toBe("metrics.val.loss.min");
  expect(named("max.val/loss")).toBeUndefined();
  expect(named("params.a b")).toBe("params.`a b`");
  expect(named("attributes.source")).toBe("tags.mlflow.source.name");
  expect(named("attributes.duration")).toBeUndefined();
  expect(named("attributes.status")).toBe("attributes.status");
});

test("a run's cells are read by group and key", () => {
  const run: Run = {
    info: { run_id: "a", experiment_id: "1", user_id: "ann", status: "FINISHED" },
    data: {
      params: [{ key: "lr", value: "0.1" }],
      metrics: [{ key: "loss", value: "NaN", timestamp: 1 }],
      tags: [],
    },
  };
  expect(cellOf(rowOf(run), "params", "lr")).toBe("0.1");
  expect(cellOf(rowOf(run), "metrics", "loss")).toBeNaN();
  expect(cellOf(rowOf(run), "attributes", "user_id")).toBe("ann");
  expect(cellOf(rowOf(run), "attributes", "duration")).toBeUndefined();
});

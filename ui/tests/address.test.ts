import { describe, expect, test } from "vitest";
import { formatAddress, joinList, parseAddress, splitList } from "../src/data/address";
import { formatRunsState, parseRunsState } from "../src/views/runs/runs_state";

describe("addresses", () => {
  test("survive a round trip with odd characters", () => {
    const path = ["experiments", "7", "runs", "a/b c%"];
    const query = { filter: "metrics.`val loss` < 0.1 and tags.x = 'a&b=c#d+%'", metric: "ü 100%" };
    const back = parseAddress(formatAddress(path, query));
    expect(back.path).toEqual(path);
    expect(Object.fromEntries(back.query)).toEqual(query);
  });

  test("stay readable", () => {
    expect(formatAddress(["experiments", "7"], { filter: "metrics.loss < 0.1", sort: "" })).toBe(
      "#/experiments/7?filter=metrics.loss+<+0.1",
    );
  });

  test("those of MLflow are understood", () => {
    expect(parseAddress("#/experiments/1/runs/abc").path).toEqual([
      "experiments",
      "1",
      "runs",
      "abc",
    ]);
    expect(parseAddress("").path).toEqual([]);
    expect(parseAddress("#/experiments/%E0%A4%A").path).toEqual(["experiments", "%E0%A4%A"]);
  });
});

test("lists keep commas and backslashes inside items", () => {
  const items = ["params.a,b", "tags.c\\d", "metrics.e\\,f", "x"];
  expect(splitList(joinList(items))).toEqual(items);
  expect(splitList("")).toEqual([]);
  expect(splitList(null)).toEqual([]);
});

test("the state of the runs table survives a round trip", () => {
  const state = {
    filter: "status = 'FAILED'",
    statuses: ["FAILED", "RUNNING"],
    layout: "groups" as const,
    groupBy: ["params.a,b", "tags.n"],
    expanded: new Set(["r1"]),
    sorting: [
      { id: "metrics.val/loss", isDescending: true },
      { id: "params.a,b", isDescending: false },
    ],
    stage: "DELETED_ONLY" as const,
    shown: new Set(["params.a,b", "tags.n"]),
    hidden: new Set(["attributes.duration"]),
    arrangement: { pinned: ["params.a,b"], order: ["tags.n", "metrics.x:y"] },
    scales: { "metrics.a:b": "low" as const, "metrics.x,y": "high" as const },
    widths: { "params.a:b": 140, "metrics.x,y": 90 },
    selected: new Set(["r1", "r2"]),
    panes: "table" as const,
    share: 0.4,
  };
  const address = formatAddress([], formatRunsState(state));
  expect(parseRunsState(parseAddress(address).query)).toEqual(state);
});

test("nonsense in an address becomes the usual state", () => {
  const state = parseRunsState(
    new URLSearchParams("panes=sideways&share=7&widths=x,y:-3&stage=?&scale=x:big"),
  );
  expect(state).toMatchObject({
    panes: undefined,
    share: 0.6,
    widths: {},
    scales: {},
    stage: "ACTIVE_ONLY",
  });
});

test("an unchanged state leaves the address empty", () => {
  expect(formatAddress(["x"], formatRunsState(parseRunsState(new URLSearchParams())))).toBe("#/x");
});

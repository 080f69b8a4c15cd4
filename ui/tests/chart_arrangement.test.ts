import { describe, expect, test } from "vitest";
import {
  type Arrangement,
  AS_IT_COMES,
  addChart,
  arrange,
  changeChart,
  endOf,
  foldSection,
  moveChart,
  neighbourPlace,
  removeChart,
  resizeChart,
} from "../src/charts/arrangement";
import { formatArrangement, parseArrangement } from "../src/charts/arrangement_address";
import { lanesOf } from "../src/charts/lanes";

const METRICS = ["system/cpu", "val/loss", "train/loss", "b", "a", "train/acc", "a10", "a9"];

function ids(arrangement: Arrangement, metrics = METRICS): Record<string, string[]> {
  const sections = arrange(metrics, arrangement);
  return Object.fromEntries(sections.map(({ name, charts }) => [name, charts.map(({ id }) => id)]));
}

function roundTrip(arrangement: Arrangement): Arrangement {
  const query = new URLSearchParams();
  for (const [name, text] of Object.entries(formatArrangement(arrangement))) {
    if (text !== undefined) query.set(name, text);
  }
  return parseArrangement(new URLSearchParams(query.toString()));
}

describe("charts as they come", () => {
  test("stand in sections by prefix: those without first, the machine's last", () => {
    const all = ids(AS_IT_COMES);
    expect(Object.keys(all)).toEqual(["charts", "train", "val", "system"]);
    expect(all.charts).toEqual(["metrics.a", "metrics.a9", "metrics.a10", "metrics.b"]);
  });

  test("take no space in the address", () => {
    expect(Object.values(formatArrangement(AS_IT_COMES))).toEqual(Array(5).fill(undefined));
    expect(parseArrangement(new URLSearchParams())).toEqual(AS_IT_COMES);
  });
});

describe("a chart that is moved", () => {
  test("stands before another one, in its section, or at an end", () => {
    const once = moveChart(METRICS, AS_IT_COMES, { id: "metrics.b", before: "metrics.a" });
    expect(ids(once).charts).toEqual(["metrics.b", "metrics.a", "metrics.a9", "metrics.a10"]);
    const twice = moveChart(METRICS, once, { id: "metrics.b", before: endOf("val") });
    expect(ids(twice)).toMatchObject({
      charts: ["metrics.a", "metrics.a9", "metrics.a10"],
      val: ["metrics.val/loss", "metrics.b"],
    });
    expect(twice.moves.length).toBe(1);
  });

  test("that returns leaves nothing in the address", () => {
    const away = moveChart(METRICS, AS_IT_COMES, { id: "metrics.a", before: endOf("charts") });
    const back = moveChart(METRICS, away, { id: "metrics.a", before: "metrics.a9" });
    expect(back.moves).toEqual([]);
  });

  test("keeps what was put before it where it was put", () => {
    let moved = moveChart(METRICS, AS_IT_COMES, { id: "metrics.a9", before: "metrics.b" });
    moved = moveChart(METRICS, moved, { id: "metrics.a", before: "metrics.a9" });
    moved = moveChart(METRICS, moved, { id: "metrics.a9", before: endOf("charts") });
    expect(ids(moved).charts).toEqual(["metrics.a10", "metrics.a", "metrics.b", "metrics.a9"]);
  });

  test("stays where it is when metrics come, and waits for those that are not there", () => {
    const moved = moveChart(METRICS, AS_IT_COMES, { id: "metrics.b", before: "metrics.a" });
    expect(ids(moved, [...METRICS, "a1", "c"]).charts?.slice(0, 2)).toEqual([
      "metrics.b",
      "metrics.a",
    ]);
    expect(ids(moved, ["b", "c"]).charts).toEqual(["metrics.b", "metrics.c"]);
  });

  test("by one place stops at the edges", () => {
    const sections = arrange(METRICS, AS_IT_COMES);
    expect(neighbourPlace(sections, "metrics.a", -1)).toBeUndefined();
    expect(neighbourPlace(sections, "metrics.a", 1)).toBe("metrics.a10");
    expect(neighbourPlace(sections, "metrics.a10", 1)).toBe(endOf("charts"));
    expect(neighbourPlace(sections, "metrics.b", 1)).toBeUndefined();
    expect(neighbourPlace(sections, "metrics.b", -1)).toBe("metrics.a10");
  });
});

describe("charts that a person adds", () => {
  const scatter = { kind: "scatter", columns: ["params.lr", "metrics.a"] } as const;

  test("come first, or where they are wanted, and get ids of their own", () => {
    const once = addChart(METRICS, AS_IT_COMES, scatter);
    const twice = addChart(METRICS, once, scatter);
    expect(ids(twice).charts?.slice(0, 3)).toEqual(["c2", "c1", "metrics.a"]);
    const placed = addChart(METRICS, AS_IT_COMES, scatter, "metrics.val/loss");
    expect(ids(placed).val).toEqual(["c1", "metrics.val/loss"]);
    expect(ids(addChart([], AS_IT_COMES, scatter), [])).toEqual({ charts: ["c1"] });
  });

  test("are gone when removed, and what stood before them stays", () => {
    let charts = addChart(METRICS, AS_IT_COMES, scatter, "metrics.a10");
    charts = moveChart(METRICS, charts, { id: "metrics.b", before: "c1" });
    charts = resizeChart(charts, "c1", 2);
    charts = removeChart(METRICS, charts, "c1");
    expect(ids(charts).charts).toEqual(["metrics.a", "metrics.a9", "metrics.b", "metrics.a10"]);
    expect([...charts.specs, ...charts.sizes]).toEqual([]);
  });

  test("and those that come by themselves can be removed and changed", () => {
    const removed = removeChart(METRICS, AS_IT_COMES, "metrics.val/loss");
    expect(ids(removed).val).toBeUndefined();
    const both = { kind: "line", columns: ["metrics.a", "metrics.b"] } as const;
    const changed = changeChart(AS_IT_COMES, "metrics.a", both);
    expect(arrange(METRICS, changed)[0]?.charts[0]?.spec).toEqual(both);
    const back = changeChart(changed, "metrics.a", { kind: "line", columns: ["metrics.a"] });
    expect(back.specs.size).toBe(0);
  });
});

test("an arrangement survives the address, whatever names it holds", () => {
  const odd = "metrics.a~b,c\\d/e f";
  let charts = addChart(METRICS, AS_IT_COMES, {
    kind: "parallel",
    columns: [odd, "params.x=1"],
    title: "loss, ~all\\",
    log: "xy",
  });
  charts = resizeChart(charts, odd, "full");
  charts = moveChart([...METRICS, "a~b,c\\d/e f"], charts, { id: odd, before: "metrics.b" });
  charts = removeChart(METRICS, charts, "metrics.b");
  charts = foldSection(charts, "a~b,c\\d");
  expect(charts.moves.length).toBe(1);
  expect(roundTrip(charts)).toEqual(charts);
});

test("an address that makes no sense arranges nothing", () => {
  const query = new URLSearchParams("charts=c1,c2~pie~metrics.a,~&sizes=x~9,~&moved=a");
  expect(parseArrangement(query)).toEqual(AS_IT_COMES);
});

describe("lanes", () => {
  test("take as many charts as fit beside each other", () => {
    let charts = resizeChart(AS_IT_COMES, "metrics.a9", 2);
    charts = resizeChart(charts, "metrics.b", "full");
    const sections = arrange(["a", "a9", "a10", "b", "c"], charts);
    const lanes = lanesOf(sections, 2, new Set());
    const names = lanes.map((lane) => lane.kind === "charts" && lane.charts.map(({ id }) => id));
    expect(names).toEqual([
      ["metrics.a"],
      ["metrics.a9"],
      ["metrics.a10"],
      ["metrics.b"],
      ["metrics.c"],
    ]);
    const wide = lanesOf(sections, 3, new Set());
    expect(wide.map((lane) => lane.kind === "charts" && lane.charts.length)).toEqual([2, 1, 1, 1]);
  });

  test("have headings only if there are sections, and none below a folded one", () => {
    expect(lanesOf(arrange(["a"], AS_IT_COMES), 1, new Set(["charts"])).length).toBe(1);
    const lanes = lanesOf(arrange(["a", "b/c"], AS_IT_COMES), 1, new Set(["charts"]));
    expect(lanes.map(({ kind }) => kind)).toEqual(["head", "head", "charts"]);
  });
});

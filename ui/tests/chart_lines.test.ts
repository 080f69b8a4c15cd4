import { describe, expect, test } from "vitest";
import { groupLines } from "../src/charts/groups";
import { lineCode } from "../src/charts/line_code";
import { linePicture } from "../src/charts/line_picture";
import { mostValues, quantile } from "../src/charts/outliers";
import { pictureAsSvg } from "../src/charts/picture";
import { type ChartLine, columnsOf, planOf, translucent } from "../src/charts/series_plan";
import { AS_IT_IS } from "../src/charts/smoothing";
import { linearTicks, logTicks } from "../src/charts/ticks";
import { earlierAttempts } from "../src/data/attempts";
import { drawnLines, earlierLines, type PlacedLine } from "../src/views/metrics/chart_lines";

const nan = Number.NaN;
const LINEAR = { x: false, y: false };
const COLOURS = { text: "#111111", grid: "#eeeeee", ground: "#ffffff" };

function line(more: Partial<ChartLine> = {}): ChartLine {
  return { id: "r", label: "run", colour: "#0072b2", dash: 0, x: [0, 1], y: [1, 2], ...more };
}

describe("a group of lines", () => {
  const lines = [
    { x: [0, 1, 2], y: [1, 2, 3] },
    { x: [0, 2], y: [3, 7] },
  ];

  test("has a mean and a sample standard deviation; between points a line counts as straight", () => {
    const grouped = groupLines(lines, "deviation");
    expect(grouped.x).toEqual([0, 1, 2]);
    expect(grouped.y).toEqual([2, 3.5, 5]);
    const deviation = [Math.SQRT2, Math.sqrt(4.5), Math.sqrt(8)];
    expect(grouped.high.map((high, at) => high - (grouped.y[at] ?? 0))).toEqual(
      deviation.map((value) => expect.closeTo(value, 12)),
    );
    expect(grouped.count).toBe(2);
  });

  test("can reach from the lowest to the highest line", () => {
    const { low, high } = groupLines(lines, "extent");
    expect([low, high]).toEqual([
      [1, 2, 3],
      [3, 5, 7],
    ]);
  });

  test("neither guesses beyond the ends of a line nor bridges its gaps", () => {
    const { y } = groupLines(
      [
        { x: [0, 1, 2, 3], y: [1, 1, 1, 1] },
        { x: [1, 2], y: [3, nan] },
      ],
      "extent",
    );
    expect(y).toEqual([1, 2, 1, 1]);
  });

  test("with many places is told at 500 of them, both ends among them", () => {
    const x = Array.from({ length: 1_500 }, (_, at) => at * 2);
    const { x: places, y } = groupLines([{ x, y: x }], "deviation");
    expect(places.length).toBe(500);
    expect([places[0], places[499]]).toEqual([0, 2_998]);
    expect(y[499]).toBe(2_998);
  });
});

test("most values lie between the 2nd and the 98th percentile", () => {
  const values = Array.from({ length: 101 }, (_, at) => at);
  expect(mostValues([...values, nan])).toEqual({ min: 2, max: 98 });
  expect(mostValues([nan, Number.POSITIVE_INFINITY])).toBeUndefined();
  expect(quantile([0, 10], 0.25)).toBe(2.5);
});

describe("the columns of a chart", () => {
  const smoothing = { kind: "mean", strength: 3 } as const;

  test("are the raw values below the smooth ones, and the sides of a band", () => {
    const banded = line({ band: { low: [0, 1], high: [2, 3] } });
    expect(planOf([line()], true).series.map(({ role }) => role)).toEqual(["raw", "line"]);
    const { series, lines } = planOf([line(), banded], false);
    expect(series.map(({ role }) => role)).toEqual(["line", "low", "high", "line"]);
    expect(lines[1]).toEqual({ low: 2, high: 3, raw: undefined, line: 4 });
    expect(columnsOf([line(), banded], AS_IT_IS, LINEAR).columns.length).toBe(4);
    expect(columnsOf([line()], smoothing, LINEAR).columns).toEqual([
      [1, 2],
      [1.5, 1.5],
    ]);
  });

  test("know a line whose places go to and fro", () => {
    expect(planOf([line({ x: [0, nan, 1] })], false).series[0]?.isScattered).toBe(false);
    expect(planOf([line({ x: [1, 0] })], false).series[0]?.isScattered).toBe(true);
  });

  test("can be pale in any notation of colours that we use", () => {
    expect(translucent("#0072b2", 0.2)).toBe("#0072b233");
    expect(translucent("oklch(0.60 0.13 20)", 0.2)).toBe("oklch(0.60 0.13 20 / 0.2)");
  });
});

test("ticks are round and inside", () => {
  expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(linearTicks(-7, 13, 4)).toEqual([-5, 0, 5, 10]);
  expect(logTicks(0.5, 2_000, 6)).toEqual([1, 10, 100, 1_000]);
  expect(logTicks(2, 8, 3)).toEqual([2, 4, 6, 8]);
});

describe("a picture of lines", () => {
  const style = {
    axis: "step",
    logarithmic: LINEAR,
    smoothing: AS_IT_IS,
    isWithoutOutliers: false,
  } as const;
  const draw = (lines: ChartLine[]) =>
    pictureAsSvg(linePicture({ title: "a < b", lines, style, range: undefined, colours: COLOURS }));

  test("has a stroke for every line, broken where a value is no number", () => {
    const svg = draw([line({ x: [0, 1, 2, 3], y: [1, nan, 2, 3], label: "<script>" })]);
    const paths = [...svg.matchAll(/d="([^"]+)"[^>]*stroke="#0072b2" stroke-width="1.5"/g)];
    expect(paths.length).toBe(1);
    expect(paths[0]?.[1]?.match(/M/g)?.length).toBe(2);
    expect(svg).toContain("×");
    expect(svg).not.toContain("<script");
    expect(svg).toContain("&lt;script&gt;");
    expect(svg).toContain("a &lt; b");
  });

  test("reaches from edge to edge of its frame", () => {
    const svg = draw([line({ x: [10, 20], y: [0, 1] })]);
    expect(svg).toMatch(/d="M74 [\d.]+L780 [\d.]+"/);
  });
});

test("a run says how many attempts came before, of which the last are drawn", () => {
  const run = (value?: string) => ({
    info: {},
    data: { tags: value === undefined ? [] : [{ key: "millstream.attempt", value }] },
  });
  const numbers = (value?: string) => earlierAttempts(run(value) as never);
  expect([numbers(), numbers("1"), numbers("many"), numbers("2")]).toEqual([[], [], [], [1]]);
  expect(numbers("20")).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
});

test("the code that makes a chart names its runs, metrics and scales", () => {
  const code = lineCode({
    server: "http://127.0.0.1:5000",
    title: 'a "b"',
    run_ids: ["r1"],
    metric_keys: ["loss", "val/loss"],
    style: {
      axis: "relative",
      logarithmic: { x: false, y: true },
      smoothing: { kind: "exponential", strength: 0.6 },
      isWithoutOutliers: false,
    },
  });
  for (const part of ['["r1"]', '["loss", "val/loss"]', 'yscale("log")', "* 0.6", 'a \\"b\\"']) {
    expect(code).toContain(part);
  }
});

describe("the lines of a chart", () => {
  const placed = (run_id: string, metric_key: string): PlacedLine => ({
    line: { run_id, metric_key, total: 1, steps: [0], timestamps: [0], values: [1] },
    steps: [0],
    x: [0],
  });
  const run = (run_id: string) => ({ info: { run_id, run_name: `name ${run_id}` } });
  const data = (ids: string[], groups?: Map<string, string>) => ({
    runs: ids.map(run) as never[],
    runColour: new Map(ids.map((id) => [id, `#00000${id}`])),
    groups,
    colours: COLOURS,
    isDark: false,
  });

  test("of earlier attempts are fainter, and say which attempt it was", () => {
    const found = [2, 3].map((attempt) => ({ ...placed("1", "a").line, attempt }));
    const lines = earlierLines(found, ["a"], data(["1"]), "step", new Map());
    expect(lines.map(({ id, colour, label, y }) => [id, colour, label, y])).toEqual([
      ["1 attempt 2", "#00000166", "name 1 · attempt 2", [1]],
      ["1 attempt 3", "#00000166", "name 1 · attempt 3", [1]],
    ]);
  });

  test("of several runs have the colours of the runs, and dashes by metric", () => {
    const all = [placed("1", "a"), placed("2", "a"), placed("1", "b")];
    const lines = drawnLines(all, ["a", "b"], data(["1", "2"]), "deviation");
    expect(lines.map(({ colour, dash, label }) => [colour, dash, label])).toEqual([
      ["#000001", 0, "name 1 · a"],
      ["#000002", 0, "name 2 · a"],
      ["#000001", 1, "name 1 · b"],
    ]);
  });

  test("of one run have a colour for each metric", () => {
    const lines = drawnLines(
      [placed("1", "a"), placed("1", "b")],
      ["a", "b"],
      data(["1"]),
      "deviation",
    );
    expect(lines.map(({ label }) => label)).toEqual(["a", "b"]);
    expect(new Set(lines.map(({ colour }) => colour)).size).toBe(2);
  });

  test("of groups are one for each group, unless all lines are wanted", () => {
    const groups = new Map([
      ["1", "tree"],
      ["2", "tree"],
    ]);
    const all = ["1", "2", "3"].map((id) => placed(id, "a"));
    const lines = drawnLines(all, ["a"], data(["1", "2", "3"], groups), "deviation");
    expect(lines.map(({ label }) => label)).toEqual(["tree (2 runs)", "no value (1 run)"]);
    expect(drawnLines(all, ["a"], data(["1", "2", "3"], groups), "none").length).toBe(3);
  });
});

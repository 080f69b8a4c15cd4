import { describe, expect, test } from "vitest";
import { boxOf, meanOf } from "../src/charts/boxes";
import {
  brushedRuns,
  type ComparedRuns,
  categoriesOf,
  groupsOf,
  NO_VALUE,
  numbersOf,
} from "../src/charts/compared_runs";
import { type Peak, surfaceOver } from "../src/charts/contours";
import { plotCode } from "../src/charts/plot_code";
import { contourOption, contourSurface } from "../src/charts/plots/contour";
import { barOption, boxOption } from "../src/charts/plots/groups";
import { parallelOption } from "../src/charts/plots/parallel";
import { colourBetween, type PlotOption, type PlotProps } from "../src/charts/plots/plot_frame";
import { scatterOption } from "../src/charts/plots/scatter";
import { type Point, triangulate } from "../src/charts/triangulation";

const nan = Number.NaN;

describe("a column", () => {
  test("is numeric if all that is there is a number, also as text", () => {
    expect(numbersOf([1, "0.5", undefined, "nan"])).toEqual([1, 0.5, nan, nan]);
    expect(numbersOf([1, "tree"])).toBeUndefined();
  });

  test("has categories in order: numbers by size, names by name, nothing last", () => {
    expect(categoriesOf(["10", "9", undefined, "1e1"])).toEqual(["9", "1e1", "10", NO_VALUE]);
    expect(categoriesOf(["b", undefined, "a10", "a9"])).toEqual(["a9", "a10", "b", NO_VALUE]);
  });

  test("makes groups of the finite numbers of another", () => {
    expect(groupsOf([1, 2, nan, 4], ["x", "y", "y", "x"])).toEqual([
      { name: "x", members: [0, 3], values: [1, 4] },
      { name: "y", members: [1], values: [2] },
    ]);
    expect(groupsOf([nan], ["x"])).toEqual([]);
  });
});

test("a box has quartiles, whiskers within reach, and outliers", () => {
  expect(boxOf([1, 2, 3, 4, 100])).toEqual({
    low: 1,
    quartile: 2,
    median: 3,
    upperQuartile: 4,
    high: 4,
    outliers: [100],
  });
  expect(boxOf([7])).toMatchObject({ low: 7, median: 7, high: 7, outliers: [] });
  expect(meanOf([2, 4])).toEqual({ mean: 3, deviation: Math.SQRT2 });
  expect(meanOf([2])).toEqual({ mean: 2, deviation: 0 });
});

const RUNS: ComparedRuns = {
  run_ids: ["r0", "r1", "r2", "r3"],
  names: ["zero", "one", "two", "three"],
  values: new Map<string, (number | string | undefined)[]>([
    ["params.lr", ["0.1", "0.01", "0.001", "0.1"]],
    ["params.model", ["tree", "forest", "tree", undefined]],
    ["metrics.loss", [1, 2, nan, 4]],
    ["metrics.acc", [0.1, 0.4, 0.9, 0.6]],
  ]),
  total: 4,
};

function props(columns: string[], more: Partial<PlotProps> = {}): PlotProps {
  return {
    runs: RUNS,
    columns,
    labelOf: (id) => id ?? "",
    runColour: new Map([["r1", "#123456"]]),
    selected: new Set(),
    logarithmic: { x: false, y: false },
    colours: { text: "#111111", grid: "#eeeeee", ground: "#ffffff" },
    isDark: false,
    ...more,
  };
}

interface SeriesLike {
  type: string;
  data: { value: unknown; itemStyle: { color: string; opacity: number } }[];
}

function series(option: PlotOption): SeriesLike[] {
  return option.series as SeriesLike[];
}

describe("brushing", () => {
  const columns = ["params.lr", "params.model", "metrics.loss"];

  test("finds the runs within the intervals of all axes, names by their places", () => {
    const lr = new Map([[0, [[0.05, 1]] as const]]);
    expect(brushedRuns(RUNS, columns, lr)).toEqual(["r0", "r3"]);
    const trees = new Map([
      [0, [[0, 1]] as const],
      [1, [[0.5, 1.2]] as const],
    ]);
    expect(brushedRuns(RUNS, columns, trees)).toEqual(["r0", "r2"]);
  });

  test("takes any interval of one axis, and leaves out runs without a value", () => {
    const two = new Map([[2, [[0, 1.5] as const, [3, 5] as const]]]);
    expect(brushedRuns(RUNS, columns, two)).toEqual(["r0", "r3"]);
  });

  test("without intervals selects nothing", () => {
    expect(brushedRuns(RUNS, columns, new Map([[0, []]]))).toEqual([]);
  });
});

describe("a scatter", () => {
  test("places runs by two columns and colours them by a third", () => {
    const option = scatterOption(props(["params.lr", "metrics.acc", "params.model"]));
    const [points, ...names] = series(option);
    expect(points?.data.map(({ value }) => value)).toEqual([
      [0.1, 0.1],
      [0.01, 0.4],
      [0.001, 0.9],
      [0.1, 0.6],
    ]);
    expect(points?.data[0]?.itemStyle.color).toBe(points?.data[2]?.itemStyle.color);
    expect(names.length).toBe(3);
  });

  test("shows those that are not selected palely, and drops what has no logarithm", () => {
    const option = scatterOption(
      props(["metrics.loss", "metrics.acc"], {
        selected: new Set(["r1"]),
        logarithmic: { x: true, y: false },
        runs: { ...RUNS, values: new Map(RUNS.values).set("metrics.loss", [-1, 1, 10, 100]) },
      }),
    );
    const data = series(option)[0]?.data ?? [];
    expect(data.map(({ value }) => (value as number[])[0])).toEqual([nan, 1, 10, 100]);
    expect((data[1]?.itemStyle.opacity ?? 0) > (data[0]?.itemStyle.opacity ?? 0)).toBe(true);
    expect(data[1]?.itemStyle.color).toBe("#123456");
    expect((option.xAxis as { type: string }).type).toBe("log");
  });
});

test("parallel coordinates have an axis for each column, and gaps where a run has no value", () => {
  const option = parallelOption(props(["params.lr", "params.model", "metrics.loss"]));
  const axes = option.parallelAxis as {
    type: string;
    data?: string[];
    axisLabel: { align?: string };
  }[];
  expect(axes.map(({ axisLabel }) => axisLabel.align)).toEqual(["right", undefined, undefined]);
  expect(axes.map(({ type }) => type)).toEqual(["value", "category", "value"]);
  expect(axes[1]?.data).toEqual(["forest", "tree", NO_VALUE]);
  expect(series(option)[0]?.data[2]?.value).toEqual([0.001, 1, "-"]);
});

test("parallel coordinates name the run of a line, and tell small numbers apart", () => {
  const rates = ["0.00001", "0.1", "0.001", "0.01"];
  const values = new Map(RUNS.values).set("params.lr", rates);
  const shown = { ...props(["params.lr", "metrics.loss"]), runs: { ...RUNS, values } };
  const option = parallelOption(shown);
  const axes = option.parallelAxis as { type: string }[];
  expect(axes.map(({ type }) => type)).toEqual(["log", "value"]);
  const { formatter } = option.tooltip as { formatter: (of: { dataIndex: number }) => string };
  expect(formatter({ dataIndex: 1 })).toBe("one\nparams.lr: 0.1\nmetrics.loss: 2");
});

test("boxes and bars stand for the groups of a column, bars also for runs", () => {
  const boxes = series(boxOption(props(["metrics.acc", "params.model"])));
  expect(boxes[0]?.data.map(({ value }) => (value as number[])[2])).toEqual([0.4, 0.5, 0.6]);
  const means = series(barOption(props(["metrics.acc", "params.model"])));
  expect(means[0]?.data.map(({ value }) => value)).toEqual([0.4, 0.5, 0.6]);
  const bars = series(barOption(props(["metrics.loss"])));
  expect(bars[0]?.data.map(({ value }) => value)).toEqual([1, 2, "-", 4]);
});

describe("triangles", () => {
  const area = ([a, b, c]: [Point, Point, Point]) =>
    Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) / 2;

  test("over a square with a point inside cover it, and no point lies in another's circle", () => {
    const points: Point[] = [
      [0, 0],
      [4, 0],
      [4, 4],
      [0, 4],
      [1, 2],
    ];
    const found = triangulate(points);
    expect(found.length).toBe(4);
    const corner = (at: number) => points[at] ?? [0, 0];
    const sum = found.reduce((all, [a, b, c]) => all + area([corner(a), corner(b), corner(c)]), 0);
    expect(sum).toBeCloseTo(16, 9);
  });

  test("are as many as Euler says, for many points", () => {
    // A multiplicative walk: no three on a line, none twice.
    const points = Array.from(
      { length: 300 },
      (_, at): Point => [(at * 7_919) % 1_009, ((at + 1) * (at + 3) * 104_729) % 997],
    );
    const found = triangulate(points);
    const edges = new Map<string, number>();
    for (const corners of found) {
      for (let side = 0; side < 3; side++) {
        const name = [corners[side], corners[(side + 1) % 3]].sort().join();
        edges.set(name, (edges.get(name) ?? 0) + 1);
      }
    }
    expect(points.length - edges.size + found.length).toBe(1);
    expect([...edges.values()].every((count) => count <= 2)).toBe(true);
  });

  test("of points on one line are none", () => {
    expect(
      triangulate([
        [0, 0],
        [1, 1],
        [2, 2],
        [5, 5],
      ]),
    ).toEqual([]);
  });
});

describe("a surface", () => {
  const plane: Peak[] = [
    [0, 0, 0],
    [10, 0, 10],
    [0, 10, 0],
    [10, 10, 10],
  ];

  test("over a plane has straight bands of equal width", () => {
    const surface = surfaceOver(plane);
    expect(surface?.levels).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const third = surface?.bands.filter(({ level }) => level === 2).flatMap((band) => band.outline);
    expect(Math.min(...(third ?? []).map(([x]) => x))).toBeCloseTo(2, 9);
    expect(Math.max(...(third ?? []).map(([x]) => x))).toBeCloseTo(3, 9);
  });

  test("takes the mean of what is at one place", () => {
    const surface = surfaceOver([...plane, [0, 0, 4]]);
    expect(surface?.peaks.find(([x, y]) => x === 0 && y === 0)?.[2]).toBe(2);
  });

  test("needs three runs that are not on one line", () => {
    expect(surfaceOver(plane.slice(0, 2))).toBeUndefined();
    expect(contourSurface(props(["metrics.loss", "metrics.loss", "metrics.acc"]))).toBeUndefined();
  });

  test("is drawn from runs that have all three numbers, also over logarithms", () => {
    const wanted = props(["params.lr", "metrics.acc", "metrics.loss"], {
      logarithmic: { x: true, y: false },
    });
    const surface = contourSurface(wanted);
    expect(surface?.peaks.map(([x]) => x)).toEqual([-1, -2, -1].map((x) => expect.closeTo(x, 9)));
    if (!surface) throw new Error("there is a surface");
    const option = contourOption(wanted, surface);
    expect((option.xAxis as { type: string }).type).toBe("log");
    expect(series(option).map(({ type }) => type)).toEqual(["custom", "scatter"]);
  });
});

test("colours lie between those of a scale", () => {
  expect(colourBetween(["#000000", "#ffffff"], 0.5)).toBe("#808080");
  expect(colourBetween(["#000000", "#ffffff"], 9)).toBe("#ffffff");
});

test("the code of a plot reads each column from where it is", () => {
  const code = (kind: "scatter" | "contour" | "box" | "bar" | "parallel", columns: string[]) =>
    plotCode({
      server: "http://127.0.0.1:5000",
      title: "t",
      kind,
      columns,
      labelOf: (id) => id,
      runs: { experiment_id: "1", filter: "metrics.loss < 1", most: 1_000 },
    });
  const scatter = code("scatter", ["params.lr", "min.loss", "tags.a"]);
  expect(scatter).toContain('client.search_runs(["1"], "metrics.loss < 1", max_results=1000)');
  expect(scatter).toContain('run.data.params.get("lr")');
  expect(scatter).toContain("min((point.value for point");
  expect(code("contour", ["params.a", "params.b", "metrics.c"])).toContain("tricontourf");
  expect(code("bar", ["metrics.c"])).toContain("plt.bar(");
  expect(code("parallel", ["metrics.c", "params.a"])).toContain("shares");
});

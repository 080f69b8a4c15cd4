/** How uPlot is told to draw our lines. */
import uPlot from "uplot";
import { shortNumber } from "../data/numbers";
import { duration } from "../data/times";
import { nearestFilled } from "./align";
import type { AxisKind, AxisRange } from "./axes";

/** The colours a chart needs besides those of its lines. */
export interface ChartColours {
  text: string;
  grid: string;
  ground: string;
}

/** What decides a chart's form; when it changes, the chart is made anew. */
export interface PlotForm {
  colours: { line: string }[];
  isSmoothed: boolean;
  isLogarithmic: boolean;
  axis: AxisKind;
  theme: ChartColours;
}

/** What the chart asks for while it lives. */
export interface PlotCallbacks {
  range: () => AxisRange | undefined;
  onRange: (range: AxisRange | undefined) => void;
  draw: (chart: uPlot) => void;
  plugin: uPlot.Plugin;
}

const FEW_POINTS = 40;
const FONT = "11px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/** All options; the size is set by whoever makes the chart. */
export function plotOptions(
  form: PlotForm,
  calls: PlotCallbacks,
): Omit<uPlot.Options, "width" | "height"> {
  return {
    ms: 1,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    plugins: [calls.plugin],
    cursor: cursor(form, calls),
    scales: {
      x: {
        time: form.axis === "wall",
        range: (_chart, min, max) => widened(calls.range() ?? { min, max }, form.axis),
      },
      y: { distr: form.isLogarithmic ? 3 : 1, range: yRange(form.isLogarithmic) },
    },
    axes: [xAxis(form), yAxis(form)],
    series: [{}, ...form.colours.flatMap(({ line }) => seriesOf(line, form.isSmoothed))],
    hooks: { draw: [calls.draw], setSelect: [(chart) => selected(chart, calls.onRange)] },
  };
}

function seriesOf(stroke: string, isSmoothed: boolean): uPlot.Series[] {
  const points: uPlot.Series.Points = {
    size: 4,
    fill: stroke,
    stroke,
    show: (chart, series) => countFilled(chart, series) <= FEW_POINTS,
    filter: (chart, series, isShown) => (isShown ? null : lonely(chart.data[series] ?? [])),
  };
  const raw: uPlot.Series = { stroke, width: 1, alpha: 0.2, points: { show: false } };
  const line: uPlot.Series = { stroke, width: 1.5, points };
  return isSmoothed ? [raw, line] : [line];
}

function countFilled(chart: uPlot, series: number): number {
  let filled = 0;
  for (const value of chart.data[series] ?? []) if (value != null) filled += 1;
  return filled;
}

/** Points between two gaps: a line would not show them. */
function lonely(column: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  let before: number | null = null;
  let candidate = -1;
  for (let at = 0; at < column.length; at++) {
    const value = column[at];
    if (value === undefined) continue;
    if (value === null && candidate >= 0) found.push(candidate);
    candidate = value !== null && before === null ? at : -1;
    before = value;
  }
  return candidate >= 0 ? [...found, candidate] : found;
}

function cursor(form: PlotForm, calls: PlotCallbacks): uPlot.Cursor {
  return {
    y: false,
    drag: { x: true, y: false, setScale: false },
    points: { size: 6, width: 0 },
    sync: { key: `axis ${form.axis}`, scales: ["x", null] },
    dataIdx: (chart, series, hovered) =>
      nearestFilled((chart.data[series] ?? []) as (number | null | undefined)[], hovered),
    bind: {
      dblclick: () => () => {
        calls.onRange(undefined);
        return null;
      },
    },
  };
}

function selected(chart: uPlot, onRange: PlotCallbacks["onRange"]): void {
  const { left, width } = chart.select;
  if (width < 4) return;
  onRange({ min: chart.posToVal(left, "x"), max: chart.posToVal(left + width, "x") });
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function widened({ min, max }: AxisRange, axis: AxisKind): [number, number] {
  if (min == null || max == null) return [0, 1];
  if (min !== max) return [min, max];
  const half = axis === "step" ? 1 : 1_000;
  return [min - half, max + half];
}

function yRange(isLogarithmic: boolean): uPlot.Range.Function {
  return (_chart, min, max) => {
    if (min == null || max == null) return isLogarithmic ? [0.1, 10] : [0, 1];
    if (isLogarithmic) return uPlot.rangeLog(min, max, 10, false) as [number, number];
    return uPlot.rangeNum(min, max, 0.06, min === max) as [number, number];
  };
}

function xAxis({ axis, theme }: PlotForm): uPlot.Axis {
  const shared: uPlot.Axis = {
    ...looks(theme),
    size: 24,
    gap: 4,
    grid: { show: false },
    space: 70,
  };
  if (axis === "wall") return shared;
  const write = axis === "step" ? shortNumber : (value: number) => duration(value);
  return {
    ...shared,
    values: (_chart, places) => places.map((place) => (place === null ? "" : write(place))),
    ...(axis === "step" ? { incrs: wholeSteps() } : { incrs: TIME_STEPS }),
  };
}

function wholeSteps(): number[] {
  return Array.from({ length: 16 }, (_, power) =>
    [1, 2, 5].map((each) => each * 10 ** power),
  ).flat();
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((each) => each * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((each) => each * MINUTE),
  ...[1, 2, 4, 6, 12].map((each) => each * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((each) => each * DAY),
];

function yAxis({ theme, isLogarithmic }: PlotForm): uPlot.Axis {
  return {
    ...looks(theme),
    gap: 4,
    grid: { stroke: theme.grid, width: 1 },
    space: isLogarithmic ? 24 : 32,
    values: (_chart, values) => values.map((value) => tickText(value, values)),
    size: (_chart, values) => {
      const longest = Math.max(0, ...(values ?? []).map((value) => value.length));
      return Math.max(30, longest * 6.4 + 10);
    },
  };
}

function tickText(value: number | null, all: readonly (number | null)[]): string {
  if (value == null) return "";
  const largest = Math.max(...all.map((each) => Math.abs(each ?? 0)));
  // What is left of zero after adding increments of a float.
  return Math.abs(value) < largest * 1e-12 ? "0" : shortNumber(value);
}

function looks(theme: ChartColours): uPlot.Axis {
  return { stroke: theme.text, font: FONT, ticks: { show: false } };
}

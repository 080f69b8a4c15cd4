/** How uPlot is told to draw our lines. */
import uPlot from "uplot";
import { shortNumber } from "../data/numbers";
import { duration } from "../data/times";
import { type Logarithmic, nearestFilled } from "./align";
import type { AxisKind, AxisRange } from "./axes";
import { mostValues } from "./outliers";
import { dashPattern, type Plan, type PlannedSeries, translucent } from "./series_plan";

/** The colours a chart needs besides those of its lines. */
export interface ChartColours {
  text: string;
  grid: string;
  ground: string;
}

/** What decides a chart's form; when it changes, the chart is made anew. */
export interface PlotForm {
  plan: Plan;
  logarithmic: Logarithmic;
  isWithoutOutliers: boolean;
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
const RAW = 0.2;
const BAND = 0.16;
const BACKGROUND = 0.25;

/** All options; the size is set by whoever makes the chart. */
export function plotOptions(
  form: PlotForm,
  calls: PlotCallbacks,
): Omit<uPlot.Options, "width" | "height"> {
  const { plan, logarithmic } = form;
  return {
    ms: 1,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    plugins: [calls.plugin],
    cursor: cursor(form, calls),
    focus: { alpha: BACKGROUND },
    scales: {
      x: {
        time: form.axis === "wall",
        distr: logarithmic.x ? 3 : 1,
        range: (_chart, min, max) => widened(calls.range() ?? { min, max }, form),
      },
      y: { distr: logarithmic.y ? 3 : 1, range: yRange(form) },
    },
    axes: [xAxis(form), yAxis(form)],
    series: [{}, ...plan.series.map(seriesOf)],
    bands: plan.lines.flatMap(({ low, high, line }) =>
      low && high
        ? [{ series: [high, low], fill: translucent(colourOf(plan, line), BAND) } as uPlot.Band]
        : [],
    ),
    hooks: { draw: [calls.draw], setSelect: [(chart) => selected(chart, calls.onRange)] },
  };
}

function colourOf(plan: Plan, series: number): string {
  return plan.series[series - 1]?.colour ?? "";
}

function seriesOf(planned: PlannedSeries): uPlot.Series {
  const { id, role, colour, dash, isScattered } = planned;
  const shared: uPlot.Series = {
    // Charts of a page find each other's lines by it.
    label: `${role} ${id}`,
    dash: dashPattern(dash),
    points: { show: false },
    ...(isScattered && { paths: () => null }),
  };
  if (role === "low" || role === "high") return { ...shared, stroke: "transparent", width: 0 };
  if (role === "raw") return { ...shared, stroke: translucent(colour, RAW), width: 1 };
  const points: uPlot.Series.Points = {
    size: 4,
    fill: colour,
    stroke: colour,
    show: (chart, series) => isScattered || countFilled(chart, series) <= FEW_POINTS,
    filter: (chart, series, isShown) => (isShown ? null : lonely(chart.data[series] ?? [])),
  };
  return { ...shared, stroke: colour, width: 1.5, points };
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

/** The series of a line lights up when the pointer is this near, in pixels. */
const NEAR = 18;

function cursor(form: PlotForm, calls: PlotCallbacks): uPlot.Cursor {
  const isLine = (series: number) => form.plan.series[series - 1]?.role === "line";
  return {
    y: false,
    drag: { x: true, y: false, setScale: false },
    points: {
      size: 6,
      width: 0,
      show: (chart, series) => cursorPoint(chart, isLine(series)),
    },
    focus: {
      prox: form.plan.lines.length > 1 ? NEAR : -1,
      dist: (_chart, series, _at, value, pointer) =>
        isLine(series) ? Math.abs(value - pointer) : Number.POSITIVE_INFINITY,
    },
    sync: {
      key: `axis ${form.axis}`,
      setSeries: true,
      scales: ["x", null],
      match: [(own, other) => own === other, (own, other) => own === other, sameLine],
    } as uPlot.Cursor.Sync,
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

/** uPlot makes no point for a series whose element is absent, though its types do not say so. */
function cursorPoint(_chart: uPlot, isShown: boolean): HTMLElement {
  const nothing = undefined as unknown as HTMLElement;
  return isShown ? document.createElement("div") : nothing;
}

/** The series of this chart that draws what is in focus in another one; -1 changes nothing. */
function sameLine(chart: uPlot, other: uPlot, series: number | null): number | null {
  if (series === null) return null;
  const label = other.series[series]?.label;
  return chart.series.findIndex((own, at) => at > 0 && own.label === label);
}

function selected(chart: uPlot, onRange: PlotCallbacks["onRange"]): void {
  const { left, width } = chart.select;
  if (width < 4) return;
  onRange({ min: chart.posToVal(left, "x"), max: chart.posToVal(left + width, "x") });
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function widened({ min, max }: AxisRange, form: PlotForm): [number, number] {
  if (min == null || max == null) return form.logarithmic.x ? [1, 10] : [0, 1];
  if (form.logarithmic.x && min <= 0) return [Math.min(1, max / 10), max];
  if (min !== max) return [min, max];
  if (form.logarithmic.x) return [min / 2, max * 2];
  const half = form.axis === "relative" || form.axis === "wall" ? 1_000 : 1;
  return [min - half, max + half];
}

function yRange(form: PlotForm): uPlot.Range.Function {
  const isLogarithmic = form.logarithmic.y;
  return (chart, dataMin, dataMax) => {
    const inner = form.isWithoutOutliers ? mostValues(valuesInSight(chart, form.plan)) : undefined;
    const min = inner?.min ?? dataMin;
    const max = inner?.max ?? dataMax;
    if (min == null || max == null) return isLogarithmic ? [0.1, 10] : [0, 1];
    if (isLogarithmic) return uPlot.rangeLog(min, max, 10, false) as [number, number];
    return uPlot.rangeNum(min, max, 0.06, min === max) as [number, number];
  };
}

function valuesInSight(chart: uPlot, plan: Plan): number[] {
  const { min, max } = chart.scales.x ?? {};
  const x = chart.data[0];
  const values: number[] = [];
  plan.series.forEach(({ role }, series) => {
    // Raw values count as well: what is drawn pale is drawn.
    if (role === "low" || role === "high") return;
    chart.data[series + 1]?.forEach((value, at) => {
      const place = x[at] ?? 0;
      if (value != null && (min == null || place >= min) && (max == null || place <= max)) {
        values.push(value);
      }
    });
  });
  return values;
}

function xAxis({ axis, theme, logarithmic }: PlotForm): uPlot.Axis {
  const shared: uPlot.Axis = {
    ...looks(theme),
    size: 24,
    gap: 4,
    grid: { show: false },
    space: 70,
  };
  if (axis === "wall") return shared;
  const write = axis === "relative" ? (value: number) => duration(value) : shortNumber;
  const values: uPlot.Axis["values"] = (_chart, places) =>
    places.map((place) => (place === null ? "" : write(place)));
  if (logarithmic.x || axis.startsWith("metrics.")) return { ...shared, values };
  return { ...shared, values, incrs: axis === "step" ? wholeSteps() : TIME_STEPS };
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

function yAxis({ theme, logarithmic }: PlotForm): uPlot.Axis {
  return {
    ...looks(theme),
    gap: 4,
    grid: { stroke: theme.grid, width: 1 },
    space: logarithmic.y ? 24 : 32,
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

/** What all plots of columns share: their colours, their axes, what a run is called on hover. */
import type { EChartsCoreOption } from "echarts/core";
import { paletteColour } from "../../data/colours";
import { shortNumber } from "../../data/numbers";
import { duration, exactTime } from "../../data/times";
import { type ComparedRuns, categoriesOf, nameOf, numbersOf, placesOnAxis } from "../compared_runs";
import type { ChartColours } from "../plot_options";

/** What a plot is made of. */
export interface PlotProps {
  runs: ComparedRuns;
  /** Ids of columns, by the purposes of the kind. */
  columns: readonly string[];
  labelOf: (column: string | undefined) => string;
  runColour: ReadonlyMap<string, string>;
  /** With some, the others are pale. */
  selected: ReadonlySet<string>;
  logarithmic: { x: boolean; y: boolean };
  colours: ChartColours;
  isDark: boolean;
}

export type PlotOption = EChartsCoreOption;

/** From low to high, in hues that colour-blind readers tell apart by lightness. */
const SCALE: [light: string[], dark: string[]] = [
  ["#3b2a7e", "#2f6c9e", "#2a9d82", "#8cbf3f", "#f2c12e"],
  ["#7b6bd6", "#4a9bd1", "#3fc4a2", "#a8d957", "#ffd84f"],
];

/** Colours from the lowest to the highest number. */
export function scaleColours(isDark: boolean): string[] {
  return SCALE[isDark ? 1 : 0];
}

const PALE = 0.15;
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/** What every plot begins with. Hints are drawn on the canvas: as HTML they would need inline styles. */
export function frameOf({ colours }: PlotProps): PlotOption {
  return {
    animation: false,
    textStyle: { fontFamily: FONT, fontSize: 11, color: colours.text },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: colours.ground,
      borderColor: colours.text,
      borderWidth: 1,
      padding: [6, 8],
      textStyle: { fontFamily: FONT, fontSize: 11, lineHeight: 16, color: colours.text },
    },
    // The labels and the names of the axes are inside of these bounds, too.
    grid: {
      left: 8,
      right: 16,
      top: 14,
      bottom: 4,
      outerBoundsMode: "same",
      outerBoundsContain: "all",
    },
  };
}

/** How strongly a run is drawn. */
export function opacityOf({ selected }: PlotProps, run_id: string, usual: number): number {
  return selected.size > 0 && !selected.has(run_id) ? PALE : usual;
}

/** The colour of a run that no column colours. */
export function colourOfRun({ runColour, colours }: PlotProps, run_id: string): string {
  return runColour.get(run_id) ?? colours.text;
}

/** A number of a column, written as its column is read. */
export function writtenBy(column: string | undefined): (value: number) => string {
  if (column === "attributes.duration") return duration;
  if (column === "attributes.start_time" || column === "attributes.end_time") return exactTime;
  return shortNumber;
}

/** Axes show less than hints do. */
function axisTextBy(column: string | undefined): (value: number) => string {
  const write = writtenBy(column);
  return write === exactTime ? (time) => exactTime(time).slice(5, 16) : write;
}

/** A column on an axis: numbers, or names at even distances. */
export interface AxisColumn {
  isNumeric: boolean;
  places: number[];
  names: string[];
}

/** Reads a column for an axis; without a logarithm a run has no place. */
export function axisColumn(
  props: PlotProps,
  column: string | undefined,
  isLogarithmic = false,
): AxisColumn {
  const values = props.runs.values.get(column ?? "");
  const isNumeric = numbersOf(values) !== undefined;
  const places = placesOnAxis(values).map((place) =>
    isNumeric && isLogarithmic && place <= 0 ? Number.NaN : place,
  );
  return { isNumeric, places, names: isNumeric ? [] : categoriesOf(values) };
}

/** Numbers that reach over so many times the least of them are told apart only by their logarithms. */
const LOGARITHMIC_FROM = 1_000;

/** Whether numbers are all above 0 and reach so far that an axis of them is better logarithmic. */
export function reachFar(places: readonly number[]): boolean {
  const numbers = places.filter(Number.isFinite);
  const low = numbers.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY);
  const high = numbers.reduce((most, each) => Math.max(most, each), 0);
  return low > 0 && high / low >= LOGARITHMIC_FROM;
}

/** An axis of ECharts for a column. */
export function axisOption(
  props: PlotProps,
  column: string | undefined,
  { isNumeric, names }: AxisColumn,
  isLogarithmic: boolean,
  isVertical: boolean,
): PlotOption {
  const { colours, labelOf } = props;
  const name = labelOf(column);
  const shared = {
    name: name.length > 40 ? `${name.slice(0, 39)}…` : name,
    nameLocation: "middle",
    nameGap: isVertical ? 34 : 26,
    nameTextStyle: { color: colours.text },
    axisLabel: { ...labelsOf(props), hideOverlap: true, width: 110, overflow: "truncate" },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: isVertical || isNumeric, lineStyle: { color: colours.grid } },
  };
  if (!isNumeric) return { ...shared, type: "category", data: names };
  const write = axisTextBy(column);
  const axisLabel = { ...shared.axisLabel, formatter: (value: number) => write(value) };
  return { ...shared, type: isLogarithmic ? "log" : "value", scale: true, axisLabel };
}

/** Numbers and names along an axis. */
export function labelsOf({ colours }: PlotProps): PlotOption {
  return { color: colours.text, fontSize: 11 };
}

/** What a hint says of a run: its name, then the columns with their values. */
export function hintOf({ runs, columns, labelOf }: PlotProps, at: number): string {
  const lines = [...new Set(columns)].map((column) => {
    const value = runs.values.get(column)?.[at];
    const text = typeof value === "number" ? writtenBy(column)(value) : nameOf(value);
    return `${labelOf(column)}: ${text}`;
  });
  return [runs.names[at] ?? "", ...lines].map(clipped).join("\n");
}

function clipped(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** How runs are coloured: by a scale of numbers, by names, or each in its own colour. */
export interface Colouring {
  colourAt: (at: number) => string;
  visualMap: PlotOption | undefined;
  /** Names with their colours. */
  legend: { name: string; colour: string }[];
}

/** Colours by a column; without one every run has its own. */
export function colouringOf(props: PlotProps, column: string | undefined): Colouring {
  const { runs, colours, isDark } = props;
  if (column === undefined) {
    const colourAt = (at: number) => colourOfRun(props, runs.run_ids[at] ?? "");
    return { colourAt, visualMap: undefined, legend: [] };
  }
  const values = runs.values.get(column);
  const numbers = numbersOf(values);
  if (!numbers) {
    const names = categoriesOf(values);
    const places = new Map(names.map((name, at) => [name, paletteColour(at, isDark)]));
    return {
      colourAt: (at) => places.get(nameOf(values?.[at])) ?? colours.text,
      visualMap: undefined,
      legend: [...places].map(([name, colour]) => ({ name, colour })),
    };
  }
  const finite = numbers.filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const stops = scaleColours(isDark);
  return {
    colourAt: (at) => colourBetween(stops, ((numbers[at] ?? Number.NaN) - low) / (high - low || 1)),
    visualMap: finite.length > 0 ? legendOfScale(props, column, low, high) : undefined,
    legend: [],
  };
}

/** The strip of colours with its two ends. */
export function legendOfScale(
  { colours, isDark }: PlotProps,
  column: string,
  low: number,
  high: number,
): PlotOption {
  const write = writtenBy(column);
  return {
    type: "continuous",
    min: low,
    max: high > low ? high : low + 1,
    // Only the strip: the series are coloured already.
    seriesIndex: [],
    right: 8,
    top: "middle",
    itemWidth: 10,
    itemHeight: 90,
    text: [write(high), write(low)],
    textStyle: { color: colours.text, fontSize: 11 },
    inRange: { color: scaleColours(isDark) },
    calculable: false,
    hoverLink: false,
  };
}

/** A colour of a scale; grey for what is no number. */
export function colourBetween(stops: readonly string[], share: number): string {
  if (!Number.isFinite(share)) return "#888888";
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const from = channels(stops[Math.floor(place)] ?? "#888888");
  const to = channels(stops[Math.ceil(place)] ?? "#888888");
  const part = place - Math.floor(place);
  const mixed = from.map((each, at) => Math.round(each + ((to[at] ?? each) - each) * part));
  return `#${mixed.map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}

function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

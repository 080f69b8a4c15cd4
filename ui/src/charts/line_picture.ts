/** A line chart as a picture, with its title, axes and legend, from the same columns as on screen. */
import { shortNumber } from "../data/numbers";
import { duration, exactTime } from "../data/times";
import { marksOf } from "./align";
import { type AxisRange, axisLabel } from "./axes";
import type { LineStyle } from "./line";
import { mostValues } from "./outliers";
import type { Picture, Shape, Stroke } from "./picture";
import type { ChartColours } from "./plot_options";
import { type ChartLine, columnsOf, dashPattern, planOf, translucent } from "./series_plan";
import { linearTicks, logTicks } from "./ticks";

const WIDTH = 800;
const PLOT_HEIGHT = 400;
const TOP = 44;
const BOTTOM = 46;
const LEFT = 74;
const RIGHT = 20;
const LEGEND_ROW = 18;
const LEGEND_COLUMN = 245;
const MOST_NAMED = 30;
const LONGEST_NAME = 34;

interface LinePictureProps {
  title: string;
  lines: readonly ChartLine[];
  style: LineStyle;
  range: AxisRange | undefined;
  colours: ChartColours;
}

interface Scale {
  min: number;
  max: number;
  isLogarithmic: boolean;
}

type Column = readonly (number | null | undefined)[];

/** Draws all lines within the range, or whole. */
export function linePicture(props: LinePictureProps): Picture {
  const { lines, style, colours } = props;
  const { x, columns } = columnsOf(lines, style.smoothing, style.logarithmic);
  const across = xScale(x, props);
  const inSight = x.flatMap((place, at) =>
    place >= across.min && place <= across.max ? [at] : [],
  );
  const up = yScale(columns, inSight, style);
  const named = lines.slice(0, MOST_NAMED);
  const perRow = Math.max(1, Math.floor((WIDTH - LEFT) / LEGEND_COLUMN));
  const legendRows = Math.ceil((named.length + Number(named.length < lines.length)) / perRow);
  const frame = { x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: PLOT_HEIGHT };
  const toX = (place: number) => frame.x + share(place, across) * frame.width;
  const toY = (value: number) => frame.y + (1 - share(value, up)) * frame.height;
  const plan = planOf(lines, style.smoothing.strength > 0);

  const framed = plan.lines.flatMap(({ low, high, line, raw }, at): Shape[] => {
    const { colour = "", dash = 0, isScattered = false } = plan.series[line - 1] ?? {};
    const column = (series: number | undefined) => columns[(series ?? 0) - 1] ?? [];
    const strokes = (series: number) => strokesOf(x, column(series), toX, toY);
    const path = (series: number, stroke: string, width: number): Shape => ({
      kind: "path",
      points: strokes(series),
      stroke,
      width,
      dash: dashPattern(dash),
    });
    const shapes: Shape[] = [];
    if (low && high) {
      const fill = translucent(colour, 0.16);
      for (const points of areas(x, column(low), column(high), toX, toY)) {
        shapes.push({ kind: "area", points, fill });
      }
    }
    if (raw) shapes.push(path(raw, translucent(colour, 0.2), 1));
    if (!isScattered) shapes.push(path(line, colour, 1.5));
    for (const stroke of strokes(line)) {
      const [first] = stroke;
      if (!first || (stroke.length > 1 && !isScattered)) continue;
      for (const [dotX, dotY] of stroke) {
        shapes.push({ kind: "dot", x: dotX, y: dotY, radius: 2, fill: colour });
      }
    }
    return [...shapes, ...markShapes(lines[at], toX, frame)];
  });

  return {
    width: WIDTH,
    height: TOP + PLOT_HEIGHT + BOTTOM + legendRows * LEGEND_ROW,
    ground: colours.ground,
    frame,
    framed,
    shapes: [
      heading(props.title, colours),
      ...axisShapes(across, up, props, { toX, toY }),
      ...legend(lines, named, perRow, colours),
    ],
  };
}

function heading(title: string, colours: ChartColours): Shape {
  const text = clipped(title, 100);
  return {
    kind: "text",
    x: 16,
    y: 26,
    text,
    fill: colours.text,
    size: 14,
    anchor: "start",
    isBold: true,
  };
}

function share(value: number, { min, max, isLogarithmic }: Scale): number {
  if (!isLogarithmic) return (value - min) / (max - min);
  return Math.log(value / min) / Math.log(max / min);
}

function xScale(x: readonly number[], { range, style }: LinePictureProps): Scale {
  const isLogarithmic = style.logarithmic.x;
  const min = range?.min ?? x[0] ?? 0;
  const max = range?.max ?? x[x.length - 1] ?? 1;
  if (isLogarithmic && min <= 0) return widened({ min: x[0] ?? 1, max, isLogarithmic });
  return widened({ min, max, isLogarithmic });
}

function yScale(columns: readonly Column[], inSight: readonly number[], style: LineStyle): Scale {
  const isLogarithmic = style.logarithmic.y;
  const values = columns.flatMap((column) => inSight.map((at) => column[at] ?? Number.NaN));
  const inner = style.isWithoutOutliers ? mostValues(values) : undefined;
  let min = inner?.min ?? Number.POSITIVE_INFINITY;
  let max = inner?.max ?? Number.NEGATIVE_INFINITY;
  if (!inner) {
    for (const value of values) {
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  if (!(max >= min)) return { min: isLogarithmic ? 0.1 : 0, max: 1, isLogarithmic };
  if (isLogarithmic) return widened({ min: min / 1.1, max: max * 1.1, isLogarithmic });
  const margin = (max - min) * 0.06;
  return widened({ min: min - margin, max: max + margin, isLogarithmic });
}

function widened({ min, max, isLogarithmic }: Scale): Scale {
  if (max > min) return { min, max, isLogarithmic };
  if (isLogarithmic) return { min: min / 2, max: min * 2, isLogarithmic };
  const half = Math.abs(min) / 2 || 1;
  return { min: min - half, max: min + half, isLogarithmic };
}

/** Runs of points without a gap: null breaks, undefined is passed over. */
function strokesOf(
  x: readonly number[],
  column: Column,
  toX: (place: number) => number,
  toY: (value: number) => number,
): Stroke[] {
  const strokes: Stroke[] = [];
  let stroke: Stroke = [];
  column.forEach((value, at) => {
    if (value === undefined) return;
    if (value === null) {
      if (stroke.length > 0) strokes.push(stroke);
      stroke = [];
    } else stroke.push([toX(x[at] ?? 0), toY(value)]);
  });
  if (stroke.length > 0) strokes.push(stroke);
  return strokes;
}

function areas(
  x: readonly number[],
  low: Column,
  high: Column,
  toX: (place: number) => number,
  toY: (value: number) => number,
): Stroke[] {
  const below = strokesOf(x, low, toX, toY);
  const above = strokesOf(x, high, toX, toY);
  return above.map((stroke, at) => [...stroke, ...[...(below[at] ?? [])].reverse()]);
}

function markShapes(
  line: ChartLine | undefined,
  toX: (place: number) => number,
  frame: Picture["frame"],
): Shape[] {
  if (!line) return [];
  const marks = marksOf(line);
  const mark =
    (text: string, y: number) =>
    (place: number): Shape => ({
      kind: "text",
      x: toX(place),
      y,
      text,
      fill: line.colour,
      size: 10,
      anchor: "middle",
    });
  const floor = frame.y + frame.height - 3;
  return [
    ...marks.nan.map(mark("×", floor)),
    ...marks.high.map(mark("▲", frame.y + 9)),
    ...marks.low.map(mark("▼", floor)),
  ];
}

interface Projection {
  toX: (place: number) => number;
  toY: (value: number) => number;
}

function axisShapes(across: Scale, up: Scale, props: LinePictureProps, to: Projection): Shape[] {
  const { style, colours } = props;
  const ticksOf = (scale: Scale, wanted: number) =>
    (scale.isLogarithmic ? logTicks : linearTicks)(scale.min, scale.max, wanted);
  const label = { kind: "text" as const, fill: colours.text, size: 11 };
  const floor = TOP + PLOT_HEIGHT;
  const end = WIDTH - RIGHT;
  const write = (place: number) => {
    if (style.axis === "wall") return exactTime(place).slice(5, 16);
    return style.axis === "relative" ? duration(place) : shortNumber(place);
  };
  return [
    ...ticksOf(up, 6).flatMap((value): Shape[] => {
      const y = to.toY(value);
      const points: Stroke[] = [
        [
          [LEFT, y],
          [end, y],
        ],
      ];
      return [
        { kind: "path", points, stroke: colours.grid, width: 1, dash: [] },
        { ...label, x: LEFT - 8, y: y + 4, text: shortNumber(value), anchor: "end" },
      ];
    }),
    ...ticksOf(across, 7).map((place): Shape => {
      return { ...label, x: to.toX(place), y: floor + 16, text: write(place), anchor: "middle" };
    }),
    { ...label, x: (LEFT + end) / 2, y: floor + 34, text: axisLabel(style.axis), anchor: "middle" },
  ];
}

function legend(
  lines: readonly ChartLine[],
  named: readonly ChartLine[],
  perRow: number,
  colours: ChartColours,
): Shape[] {
  const placeOf = (at: number) => ({
    x: LEFT + (at % perRow) * LEGEND_COLUMN,
    y: TOP + PLOT_HEIGHT + BOTTOM + Math.floor(at / perRow) * LEGEND_ROW + 4,
  });
  const shapes = named.flatMap((line, at): Shape[] => {
    const { x, y } = placeOf(at);
    const points: Stroke[] = [
      [
        [x, y - 4],
        [x + 18, y - 4],
      ],
    ];
    const name = clipped(line.label, LONGEST_NAME);
    return [
      { kind: "path", points, stroke: line.colour, width: 2, dash: dashPattern(line.dash) },
      { kind: "text", x: x + 24, y, text: name, fill: colours.text, size: 11, anchor: "start" },
    ];
  });
  if (named.length === lines.length) return shapes;
  const text = `and ${lines.length - named.length} more`;
  return [
    ...shapes,
    { kind: "text", ...placeOf(named.length), text, fill: colours.text, size: 11, anchor: "start" },
  ];
}

function clipped(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

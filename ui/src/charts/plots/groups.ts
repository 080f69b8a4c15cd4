/** Boxes and bars: the numbers of one column, by the values of another or run by run. */
import { paletteColour } from "../../data/colours";
import { boxOf, meanOf } from "../boxes";
import { groupsOf, numbersOrNothing } from "../compared_runs";
import { translucent } from "../series_plan";
import {
  axisOption,
  colourOfRun,
  frameOf,
  hintOf,
  opacityOf,
  type PlotOption,
  type PlotProps,
  writtenBy,
} from "./plot_frame";

/** More boxes or bars could not be read. */
export const MOST_GROUPS = 40;
export const MOST_BARS = 100;
const NAMES = { isNumeric: false, places: [] };
const NUMBERS = { isNumeric: true, places: [], names: [] };

function groupsIn({ runs, columns }: PlotProps) {
  const [valueId = "", byId] = columns;
  return groupsOf(numbersOrNothing(runs.values.get(valueId)), runs.values.get(byId ?? ""));
}

/** How many groups there are, of which the first are drawn. */
export function countGroups(props: PlotProps): number {
  return groupsIn(props).length;
}

export function boxOption(props: PlotProps): PlotOption {
  const [valueId, byId] = props.columns;
  const groups = groupsIn(props).slice(0, MOST_GROUPS);
  const write = writtenBy(valueId);
  const boxes = groups.map(({ name, values }, at) => ({ name, at, values, box: boxOf(values) }));
  const frame = frameOf(props);
  const names = groups.map(({ name }) => name);
  return {
    ...frame,
    tooltip: {
      ...(frame.tooltip as object),
      formatter: ({ dataIndex, seriesType, value }: HintParams) => {
        if (seriesType !== "boxplot") return `outlier: ${write(value[1] ?? Number.NaN)}`;
        const { name, box, values } = boxes[dataIndex] ?? {};
        if (!box) return "";
        return [
          `${name} (${values?.length} runs)`,
          `median ${write(box.median)}`,
          `quartiles ${write(box.quartile)} to ${write(box.upperQuartile)}`,
          `whiskers ${write(box.low)} to ${write(box.high)}`,
        ].join("\n");
      },
    },
    xAxis: axisOption(props, byId, { ...NAMES, names }, false, false),
    yAxis: axisOption(props, valueId, NUMBERS, false, true),
    series: [
      {
        type: "boxplot",
        boxWidth: [8, 46],
        data: boxes.map(({ box, at }) => {
          const colour = paletteColour(at, props.isDark);
          return {
            value: [box.low, box.quartile, box.median, box.upperQuartile, box.high],
            itemStyle: { color: translucent(colour, 0.25), borderColor: colour, borderWidth: 1.5 },
          };
        }),
      },
      {
        type: "scatter",
        symbolSize: 5,
        data: boxes.flatMap(({ box, at }) =>
          box.outliers.map((outlier) => ({
            value: [at, outlier],
            itemStyle: { color: paletteColour(at, props.isDark), opacity: 0.8 },
          })),
        ),
      },
    ],
  };
}

interface HintParams {
  dataIndex: number;
  seriesType: string;
  value: number[];
}

export function barOption(props: PlotProps): PlotOption {
  return props.columns[1] === undefined ? barsOfRuns(props) : barsOfGroups(props);
}

function barsOfRuns(props: PlotProps): PlotOption {
  const { runs } = props;
  const [valueId = ""] = props.columns;
  const numbers = numbersOrNothing(runs.values.get(valueId)).slice(0, MOST_BARS);
  const frame = frameOf(props);
  return {
    ...frame,
    tooltip: {
      ...(frame.tooltip as object),
      formatter: ({ dataIndex }: HintParams) => hintOf(props, dataIndex),
    },
    xAxis: {
      ...axisOption(props, undefined, { ...NAMES, names: [] }, false, false),
      // Two runs may have one name.
      data: numbers.map((_, at) => `${runs.names[at]}${"\u200b".repeat(at)}`),
    },
    yAxis: { ...axisOption(props, valueId, NUMBERS, false, true), scale: false },
    series: [
      {
        type: "bar",
        barMaxWidth: 34,
        data: numbers.map((value, at) => {
          const run_id = runs.run_ids[at] ?? "";
          const color = colourOfRun(props, run_id);
          return {
            value: Number.isFinite(value) ? value : "-",
            itemStyle: { color, opacity: opacityOf(props, run_id, 1) },
          };
        }),
      },
    ],
  };
}

interface WhiskerApi {
  value: (dimension: number) => number;
  coord: (point: readonly number[]) => number[];
}

function barsOfGroups(props: PlotProps): PlotOption {
  const [valueId, byId] = props.columns;
  const groups = groupsIn(props).slice(0, MOST_GROUPS);
  const write = writtenBy(valueId);
  const means = groups.map(({ values }) => meanOf(values));
  const frame = frameOf(props);
  return {
    ...frame,
    tooltip: {
      ...(frame.tooltip as object),
      formatter: ({ dataIndex }: HintParams) => {
        const { mean = Number.NaN, deviation = Number.NaN } = means[dataIndex] ?? {};
        const { name, values } = groups[dataIndex] ?? {};
        return `${name} (${values?.length} runs)\nmean ${write(mean)} ± ${write(deviation)}`;
      },
    },
    xAxis: axisOption(
      props,
      byId,
      { ...NAMES, names: groups.map(({ name }) => name) },
      false,
      false,
    ),
    yAxis: { ...axisOption(props, valueId, NUMBERS, false, true), scale: false },
    series: [
      {
        type: "bar",
        barMaxWidth: 46,
        data: means.map(({ mean }, at) => ({
          value: mean,
          itemStyle: { color: paletteColour(at, props.isDark) },
        })),
      },
      {
        type: "custom",
        silent: true,
        tooltip: { show: false },
        data: means.map(({ mean, deviation }, at) => [at, mean - deviation, mean + deviation]),
        encode: { x: 0, y: [1, 2] },
        renderItem: (_: unknown, api: WhiskerApi) => {
          const at = api.value(0);
          const [x = 0, low = 0] = api.coord([at, api.value(1)]);
          const [, high = 0] = api.coord([at, api.value(2)]);
          const line = (x1: number, y1: number, x2: number, y2: number) => ({
            type: "line",
            shape: { x1, y1, x2, y2 },
            style: { stroke: props.colours.text, lineWidth: 1.5 },
          });
          return {
            type: "group",
            children: [
              line(x, low, x, high),
              line(x - 5, low, x + 5, low),
              line(x - 5, high, x + 5, high),
            ],
          };
        },
      },
    ],
  };
}

/** Parallel coordinates: an axis for each column, a line for each run; the last column colours. */
import {
  type AxisColumn,
  axisColumn,
  colouringOf,
  frameOf,
  hintOf,
  labelsOf,
  opacityOf,
  type PlotOption,
  type PlotProps,
  reachFar,
  writtenBy,
} from "./plot_frame";

const FEW = 40;

export function parallelOption(props: PlotProps): PlotOption {
  const { runs, columns, colours, labelOf } = props;
  const axes = columns.map((column) => parallelAxis(props, column));
  const { colourAt, visualMap } = colouringOf(props, columns[columns.length - 1]);
  // Lines of many runs lie upon each other: where they are many they add up.
  const usual = 0.8 * Math.min(1, Math.sqrt(FEW / runs.run_ids.length));
  const frame = frameOf(props);
  const data = runs.run_ids.map((run_id, at) => ({
    // A run without a value has a gap there.
    value: axes.map(({ places }) => (Number.isFinite(places[at]) ? places[at] : "-")),
    lineStyle: { color: colourAt(at), opacity: opacityOf(props, run_id, usual) },
  }));
  return {
    ...frame,
    tooltip: {
      ...(frame.tooltip as object),
      formatter: ({ dataIndex }: { dataIndex: number }) => hintOf(props, dataIndex),
    },
    ...(visualMap && { visualMap }),
    parallel: { left: 56, right: visualMap ? 120 : 64, top: 40, bottom: 24 },
    parallelAxis: columns.map((column, dim) => ({
      axisTick: ticksOf(props, dim),
      dim,
      id: `axis ${dim}`,
      name: shortened(labelOf(column)),
      ...scaleOf(props, axes[dim], column, dim),
      // Told once, when the brush is let go.
      realtime: false,
      nameTextStyle: { color: colours.text, fontSize: 11 },
      axisLine: { lineStyle: { color: colours.text } },
      areaSelectStyle: {
        width: 18,
        color: "rgba(90,140,255,0.35)",
        borderColor: "rgba(90,140,255,0.9)",
      },
    })),
    series: [
      {
        type: "parallel",
        lineStyle: { width: 1.5 },
        emphasis: { lineStyle: { width: 3, opacity: 1, color: colours.text } },
        inactiveOpacity: 0.06,
        activeOpacity: 0.9,
        smooth: false,
        data,
      },
    ],
  };
}

/** A column on an axis, whose scale follows from its numbers. */
interface ParallelAxis extends AxisColumn {
  isLogarithmic: boolean;
}

function parallelAxis(props: PlotProps, column: string): ParallelAxis {
  const axis = axisColumn(props, column);
  const isLogarithmic = axis.isNumeric && reachFar(axis.places);
  return { ...axis, isLogarithmic };
}

/** Left of the first axis there are no lines: its ticks and labels stand there. */
const OUTSIDE = { margin: -8, align: "right", width: 46, overflow: "truncate" };

function ticksOf({ colours }: PlotProps, dim: number): PlotOption {
  return { length: dim === 0 ? -5 : 5, lineStyle: { color: colours.text } };
}

function scaleOf(
  props: PlotProps,
  axis: ParallelAxis | undefined,
  column: string,
  dim: number,
): PlotOption {
  // Lines pass behind the labels.
  const halo = { textBorderColor: props.colours.ground, textBorderWidth: 3 };
  const axisLabel = { ...labelsOf(props), ...halo, ...(dim === 0 && OUTSIDE) };
  if (!axis?.isNumeric) {
    const names = { width: 90, overflow: "truncate", ...axisLabel };
    return { type: "category", data: axis?.names ?? [], axisLabel: names };
  }
  const write = writtenBy(column);
  const formatter = (value: number) => write(value);
  return {
    type: axis.isLogarithmic ? "log" : "value",
    scale: true,
    axisLabel: { ...axisLabel, formatter },
  };
}

function shortened(name: string): string {
  return name.length > 22 ? `${name.slice(0, 21)}…` : name;
}

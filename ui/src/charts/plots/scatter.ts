/** Runs as points: two columns are their place, a third their colour. */
import {
  axisColumn,
  axisOption,
  colouringOf,
  frameOf,
  hintOf,
  opacityOf,
  type PlotOption,
  type PlotProps,
} from "./plot_frame";

export function scatterOption(props: PlotProps): PlotOption {
  const [xId, yId, colourId] = props.columns;
  const { runs, logarithmic, colours } = props;
  const x = axisColumn(props, xId, logarithmic.x);
  const y = axisColumn(props, yId, logarithmic.y);
  const { colourAt, visualMap, legend } = colouringOf(props, colourId);
  const data = runs.run_ids.map((run_id, at) => ({
    value: [x.places[at], y.places[at]],
    itemStyle: { color: colourAt(at), opacity: opacityOf(props, run_id, 0.85) },
  }));
  const frame = frameOf(props);
  return {
    ...frame,
    tooltip: {
      ...(frame.tooltip as object),
      formatter: ({ dataIndex }: { dataIndex: number }) => hintOf(props, dataIndex),
    },
    grid: { ...(frame.grid as object), right: visualMap ? 84 : 16, top: legend.length ? 30 : 14 },
    ...(visualMap && { visualMap }),
    ...(legend.length > 0 && {
      legend: {
        type: "scroll",
        top: 2,
        itemWidth: 9,
        itemHeight: 9,
        icon: "circle",
        selectedMode: false,
        textStyle: { color: colours.text, fontSize: 11 },
        data: legend.map(({ name, colour }) => ({ name, itemStyle: { color: colour } })),
      },
    }),
    xAxis: axisOption(props, xId, x, logarithmic.x, false),
    yAxis: axisOption(props, yId, y, logarithmic.y, true),
    brush: {
      brushStyle: { color: "rgba(90,140,255,0.12)", borderColor: "rgba(90,140,255,0.8)" },
      // Who is selected is told by the page.
      outOfBrush: { colorAlpha: 1 },
      toolbox: [],
    },
    series: [
      { type: "scatter", symbolSize: 9, data },
      // A legend names series: these hold nothing but the names.
      ...legend.map(({ name, colour }) => ({
        type: "scatter",
        name,
        itemStyle: { color: colour },
        data: [],
      })),
    ],
  };
}

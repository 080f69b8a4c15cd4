/** Height over two columns: flat between each three neighbouring runs, nothing beyond the outer ones. */
import { numbersOrNothing } from "../compared_runs";
import { type Peak, type Surface, surfaceOver } from "../contours";
import type { Point } from "../triangulation";
import {
  axisColumn,
  axisOption,
  colourBetween,
  frameOf,
  hintOf,
  legendOfScale,
  opacityOf,
  type PlotOption,
  type PlotProps,
  scaleColours,
} from "./plot_frame";

/**
 * The surface of the runs that have all three numbers; undefined if they lie on one line. On a
 * logarithmic axis the surface is flat between logarithms.
 */
export function contourSurface({ runs, columns, logarithmic }: PlotProps): Surface | undefined {
  const [x, y, z] = columns.slice(0, 3).map((column) => numbersOrNothing(runs.values.get(column)));
  const peaks = runs.run_ids.flatMap((_, at): Peak[] => {
    const place = (value = Number.NaN, isLogarithmic = false) =>
      isLogarithmic ? Math.log10(value) : value;
    const peak: Peak = [
      place(x?.[at], logarithmic.x),
      place(y?.[at], logarithmic.y),
      place(z?.[at]),
    ];
    return peak.every(Number.isFinite) ? [peak] : [];
  });
  return peaks.length > 2 ? surfaceOver(peaks) : undefined;
}

interface RenderApi {
  coord: (point: readonly number[]) => number[];
}

export function contourOption(props: PlotProps, surface: Surface): PlotOption {
  const [xId, yId, zId = ""] = props.columns;
  const { runs, isDark, colours, logarithmic } = props;
  const back = ([x, y]: Point): Point => [logarithmic.x ? 10 ** x : x, logarithmic.y ? 10 ** y : y];
  const heights = surface.peaks.map(([, , z]) => z);
  const low = Math.min(...heights);
  const high = Math.max(...heights);
  const stops = scaleColours(isDark);
  const edges = [low, ...surface.levels, high];
  const fillOf = (level: number) => {
    const middle = ((edges[level] ?? low) + (edges[level + 1] ?? high)) / 2;
    return colourBetween(stops, (middle - low) / (high - low || 1));
  };
  const axis = (column: string | undefined) => ({
    ...axisColumn(props, column),
    isNumeric: true,
  });
  const x = numbersOrNothing(runs.values.get(xId ?? ""));
  const y = numbersOrNothing(runs.values.get(yId ?? ""));
  const frame = frameOf(props);
  return {
    ...frame,
    tooltip: {
      ...(frame.tooltip as object),
      formatter: ({ dataIndex }: { dataIndex: number }) => hintOf(props, dataIndex),
    },
    grid: { ...(frame.grid as object), right: 84 },
    visualMap: legendOfScale(props, zId, low, high),
    xAxis: axisOption(props, xId, axis(xId), logarithmic.x, false),
    yAxis: axisOption(props, yId, axis(yId), logarithmic.y, true),
    series: [
      {
        type: "custom",
        silent: true,
        tooltip: { show: false },
        clip: true,
        // Both axes must know how far the surface reaches.
        data: surface.bands.map(({ outline }) => back(outline[0] ?? [0, 0])),
        renderItem: ({ dataIndex }: { dataIndex: number }, api: RenderApi) => {
          const band = surface.bands[dataIndex];
          const fill = fillOf(band?.level ?? 0);
          return {
            type: "polygon",
            shape: { points: band?.outline.map((point) => api.coord(back(point))) ?? [] },
            // The stroke closes the hair's breadth between neighbours.
            style: { fill, stroke: fill, lineWidth: 0.7 },
          };
        },
      },
      {
        type: "scatter",
        symbolSize: 7,
        data: runs.run_ids.map((run_id, at) => ({
          value: [x[at], y[at]],
          itemStyle: {
            color: colours.ground,
            borderColor: colours.text,
            borderWidth: 1,
            opacity: opacityOf(props, run_id, 1),
          },
        })),
      },
    ],
  };
}

/** A chart of columns: points, parallel coordinates, contours, boxes or bars of many runs. */
import { useEffect, useImperativeHandle, useMemo, useRef } from "react";
import { serverAddress } from "../../api/client";
import {
  brushedRuns,
  type ComparedRuns,
  comparedRows,
  type Interval,
} from "../../charts/compared_runs";
import { plotCode } from "../../charts/plot_code";
import { contourOption, contourSurface } from "../../charts/plots/contour";
import {
  barOption,
  boxOption,
  countGroups,
  MOST_BARS,
  MOST_GROUPS,
} from "../../charts/plots/groups";
import { parallelOption } from "../../charts/plots/parallel";
import { Plot, plotAsPng, plotAsSvg } from "../../charts/plots/plot";
import type { PlotOption, PlotProps } from "../../charts/plots/plot_frame";
import { scatterOption } from "../../charts/plots/scatter";
import { count } from "../../data/numbers";
import { Failure } from "../../widgets/panels";
import type { ChartBodyProps } from "./chart_body_props";
import { parseLog } from "./chart_state";
import { columnLabel } from "./chart_title";
import { MOST_COMPARED, useCompared } from "./compared";

const IMAGE_RATIO = 2;
const NO_RUNS: ComparedRuns = { run_ids: [], names: [], values: new Map(), total: 0 };

export function ColumnsBody({ spec, title, data, takeaway, onNote }: ChartBodyProps) {
  const { kind, columns, log } = spec;
  const { compared, error, retry } = useCompared(columns, data);
  const runs = compared ?? NO_RUNS;
  const intervals = useRef(new Map<number, Interval[]>());
  const { runColour, selected, colours, isDark, onSelect } = data;
  const plotted = useMemo(() => {
    const props: PlotProps = {
      runs,
      columns,
      labelOf: columnLabel,
      runColour,
      selected,
      logarithmic: parseLog(log ?? null),
      colours,
      isDark,
    };
    return { option: optionOf(kind, props), note: compared ? noteOf(kind, props) : "" };
  }, [kind, columns, log, compared, runs, runColour, selected, colours, isDark]);
  const { option, note } = plotted;

  useImperativeHandle(takeaway, () => {
    const image = () => {
      if (!option) throw new Error("the chart is empty");
      return { title, option, ground: colours.ground, text: colours.text };
    };
    return {
      png: async () => plotAsPng(image(), IMAGE_RATIO),
      svg: () => plotAsSvg(image()),
      rows: () => comparedRows(runs, columns),
      code: () =>
        plotCode({
          server: serverAddress(),
          title,
          kind,
          columns,
          labelOf: columnLabel,
          runs: data.source ? { ...data.source, most: MOST_COMPARED } : { run_ids: runs.run_ids },
        }),
    };
  });
  useEffect(() => onNote(note), [onNote, note]);

  if (error && !compared) {
    return <Failure what="The columns could not be loaded" error={error} retry={retry} />;
  }
  if (!compared) return null;
  if (!option) return <p className="chart-empty">{emptyText(kind, runs)}</p>;
  const select = onSelect && ((ids: string[]) => onSelect(ids));
  return (
    <Plot
      label={`${title}, ${count(runs.run_ids.length)} runs`}
      option={option}
      onFrame={
        kind === "scatter" && select
          ? (points) => select(points.flatMap((at) => runs.run_ids[at] ?? []))
          : undefined
      }
      onIntervals={
        kind === "parallel" && select
          ? (axis, some) => {
              intervals.current.set(axis, some);
              select(brushedRuns(runs, columns, intervals.current));
            }
          : undefined
      }
    />
  );
}

function optionOf(kind: ChartBodyProps["spec"]["kind"], props: PlotProps): PlotOption | undefined {
  if (props.runs.run_ids.length === 0) return undefined;
  switch (kind) {
    case "scatter":
      return scatterOption(props);
    case "parallel":
      return parallelOption(props);
    case "contour": {
      const surface = contourSurface(props);
      return surface && contourOption(props, surface);
    }
    case "box":
      return boxOption(props);
    case "bar":
      return barOption(props);
    case "line":
      return undefined;
  }
}

function emptyText(kind: ChartBodyProps["spec"]["kind"], { run_ids }: ComparedRuns): string {
  if (run_ids.length === 0) return "No runs";
  return kind === "contour"
    ? "Three runs with numbers in all three columns are needed, not all on one line"
    : "No values";
}

/** What the picture leaves out, or how many runs there are. */
function noteOf(kind: ChartBodyProps["spec"]["kind"], props: PlotProps): string {
  const { run_ids, total } = props.runs;
  const most = kind === "bar" && props.columns[1] === undefined ? MOST_BARS : MOST_COMPARED;
  const drawn = Math.min(run_ids.length, most);
  if (kind === "box" || (kind === "bar" && props.columns[1] !== undefined)) {
    const groups = countGroups(props);
    if (groups > MOST_GROUPS) return `first ${MOST_GROUPS} of ${count(groups)} groups`;
  }
  if (drawn < total) return `first ${count(drawn)} of ${count(total)} runs`;
  return drawn === 1 ? "1 run" : `${count(drawn)} runs`;
}

/** Lines, or bars where each is a single point. */
import { useEffect, useImperativeHandle, useMemo } from "react";
import { serverAddress } from "../../api/client";
import { metricsOf } from "../../charts/arrangement";
import { barPicture } from "../../charts/bar_picture";
import { areSinglePoints, Bars } from "../../charts/bars";
import { LineChart, type LineStyle } from "../../charts/line";
import { lineCode } from "../../charts/line_code";
import { linePicture } from "../../charts/line_picture";
import { pictureAsPng, pictureAsSvg } from "../../charts/picture";
import type { DataRow } from "../../charts/takeaway";
import { Failure } from "../../widgets/panels";
import type { ChartBodyProps } from "./chart_body_props";
import { type ChartData, labelOfRun } from "./chart_data";
import { type PlacedLine, pointsText, useChartLines } from "./chart_lines";
import { parseLog } from "./chart_state";

/** Images are for papers and large screens. */
const IMAGE_RATIO = 2;

export function LineBody(props: ChartBodyProps) {
  const { spec, title, data, state, onChange, takeaway, onNote } = props;
  const found = useChartLines(spec, data, state);
  const { drawn, placed } = found;
  const { x, y } = spec.log ? parseLog(spec.log) : state.logarithmic;
  const { axis, smoothing, isWithoutOutliers, range } = state;
  const style: LineStyle = { axis, smoothing, isWithoutOutliers, logarithmic: { x, y } };
  const areBars = areSinglePoints(drawn);
  useImperativeHandle(takeaway, () => {
    const picture = () =>
      areBars
        ? barPicture(title, drawn, data.colours)
        : linePicture({ title, lines: drawn, style, range, colours: data.colours });
    return {
      png: () => pictureAsPng(picture(), IMAGE_RATIO),
      svg: () => pictureAsSvg(picture()),
      rows: () => rowsOf(placed, data),
      code: () =>
        lineCode({
          server: serverAddress(),
          title,
          run_ids: data.runs.map((run) => run.info.run_id),
          metric_keys: metricsOf(spec),
          style,
        }),
    };
  });
  const note = useMemo(() => pointsText(placed), [placed]);
  useEffect(() => onNote(note), [onNote, note]);

  if (found.error && placed.length === 0) {
    return (
      <Failure
        what="The series could not be loaded"
        error={found.error}
        retry={() => void found.refetch()}
      />
    );
  }
  if (found.isPending && metricsOf(spec).length > 0) return null;
  if (drawn.length === 0) return <p className="chart-empty">No points</p>;
  if (areBars) return <Bars lines={drawn} />;
  const runs = data.runs.length === 1 ? "1 run" : `${data.runs.length} runs`;
  return (
    <LineChart
      label={`${title} of ${runs}`}
      lines={drawn}
      style={style}
      range={range}
      onRange={(to) => onChange({ range: to })}
      colours={data.colours}
    />
  );
}

function rowsOf(placed: readonly PlacedLine[], data: ChartData): DataRow[] {
  const names = new Map(data.runs.map((run) => [run.info.run_id, labelOfRun(run)]));
  return placed.flatMap(({ line, x }) =>
    line.steps.map((step, at) => ({
      run_id: line.run_id,
      run_name: names.get(line.run_id) ?? "",
      metric: line.metric_key,
      step,
      timestamp: line.timestamps[at] ?? null,
      x: x[at] ?? null,
      value: line.values[at] ?? Number.NaN,
    })),
  );
}

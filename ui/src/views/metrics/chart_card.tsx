/** One metric of some runs as a chart, with its name and what can be taken away. */
import { useMemo, useRef } from "react";
import { serverAddress } from "../../api/client";
import type { Run } from "../../api/types.gen";
import { placesOf, stepsWithin } from "../../charts/axes";
import { areSinglePoints, Bars } from "../../charts/bars";
import { chartCode, chartImage, chartTable } from "../../charts/export";
import { type ChartLine, LineChart } from "../../charts/line";
import type { ChartColours } from "../../charts/plot_options";
import { type Line, useSeries } from "../../data/metrics";
import { count } from "../../data/numbers";
import { isLive } from "../../data/runs";
import { IconButton } from "../../widgets/button";
import { copyText } from "../../widgets/copy";
import { Menu } from "../../widgets/menu";
import { attempt, say } from "../../widgets/notices";
import { Failure } from "../../widgets/panels";
import type { ChartState } from "./chart_state";

const BUCKETS = 400;
const NO_LINES: Line[] = [];

interface ChartCardProps {
  metric_key: string;
  runs: readonly Run[];
  runColour: ReadonlyMap<string, string>;
  state: ChartState;
  onChange: (changes: Partial<ChartState>) => void;
  colours: ChartColours;
}

export function ChartCard(props: ChartCardProps) {
  const { metric_key, runs, runColour, state, colours } = props;
  const body = useRef<HTMLDivElement>(null);
  const { lines, error, refetch, isPending } = useLines(props);
  const starts = useMemo(() => startsOf(runs), [runs]);
  const drawn = useMemo(() => {
    const names = new Map(runs.map((run) => [run.info.run_id, run.info.run_name ?? ""]));
    return lines.map(
      (line): ChartLine => ({
        id: line.run_id,
        label: names.get(line.run_id) || line.run_id.slice(0, 8),
        colour: runColour.get(line.run_id) ?? colours.text,
        x: placesOf(line, state.axis, starts.get(line.run_id)),
        y: line.values,
      }),
    );
  }, [lines, runs, runColour, state.axis, starts, colours]);

  return (
    <article className="chart-card">
      <header>
        <h3 title={metric_key}>{metric_key}</h3>
        <small>{pointsText(lines)}</small>
        <ChartMenu
          metric_key={metric_key}
          runs={runs}
          lines={lines}
          body={body}
          ground={colours.ground}
        />
      </header>
      <div ref={body} className="chart-body">
        {error && lines.length === 0 ? (
          <Failure
            what="The series could not be loaded"
            error={error}
            retry={() => void refetch()}
          />
        ) : isPending ? null : drawn.length === 0 ? (
          <p className="chart-empty">No points</p>
        ) : areSinglePoints(drawn) ? (
          <Bars lines={drawn} />
        ) : (
          <LineChart
            label={`${metric_key} of ${drawn.length} runs`}
            lines={drawn}
            axis={state.axis}
            isLogarithmic={state.isLogarithmic}
            smoothing={state.smoothing}
            range={state.range}
            onRange={(range) => props.onChange({ range })}
            colours={colours}
          />
        )}
      </div>
    </article>
  );
}

/** The whole coarsely, and, once a range is chosen, that range finely. */
function useLines({ metric_key, runs, state }: ChartCardProps) {
  const run_ids = useMemo(() => runs.map((run) => run.info.run_id), [runs]);
  const wanted = {
    run_ids,
    metric_keys: [metric_key],
    buckets: BUCKETS,
    isLive: runs.some(isLive),
  };
  const coarse = useSeries({ ...wanted, enabled: true });
  const whole = coarse.data ?? NO_LINES;
  const { axis, range } = state;
  const steps = useMemo(
    () => range && stepsWithin(whole, axis, range, startsOf(runs)),
    [whole, axis, range, runs],
  );
  const fine = useSeries({ ...wanted, range: steps, enabled: steps !== undefined });
  const lines = (steps && fine.data) || whole;
  return { lines, error: coarse.error, refetch: coarse.refetch, isPending: coarse.isPending };
}

function startsOf(runs: readonly Run[]): Map<string, number> {
  const known = runs.filter((run) => run.info.start_time != null);
  return new Map(known.map((run) => [run.info.run_id, run.info.start_time ?? 0]));
}

function pointsText(lines: readonly Line[]): string {
  const total = lines.reduce((sum, line) => sum + line.total, 0);
  return total > 1 ? `${count(total)} points` : "";
}

interface ChartMenuProps {
  metric_key: string;
  runs: readonly Run[];
  lines: readonly Line[];
  body: { current: HTMLDivElement | null };
  ground: string;
}

function ChartMenu({ metric_key, runs, lines, body, ground }: ChartMenuProps) {
  const copyData = () => copyText(chartTable(lines)).then(() => say("Data copied"));
  const copyCode = () => {
    const ids = runs.map((run) => run.info.run_id);
    return copyText(chartCode(serverAddress(), metric_key, ids)).then(() => say("Code copied"));
  };
  const copyImage = async () => {
    const canvas = body.current?.querySelector("canvas");
    if (!canvas) return;
    const image = await chartImage(canvas, ground);
    if (navigator.clipboard && "ClipboardItem" in window) {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": image })]);
      say("Image copied");
      return;
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(image);
    link.download = `${metric_key.replace(/[^\w.-]+/g, "_")}.png`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const entries = [
    { label: "Copy as image", onSelect: () => void attempt("The image was not copied", copyImage) },
    {
      label: "Copy data as CSV",
      onSelect: () => void attempt("The data was not copied", copyData),
    },
    {
      label: "Copy Python code",
      onSelect: () => void attempt("The code was not copied", copyCode),
    },
  ];
  return (
    <Menu
      button={<IconButton icon="more" label={`Actions for ${metric_key}`} />}
      entries={entries}
    />
  );
}

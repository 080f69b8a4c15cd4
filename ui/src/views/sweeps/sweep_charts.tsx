/** Charts of a sweep: its course, its params against the metric, and how much each param matters. */
import { type ReactNode, type RefObject, useImperativeHandle, useMemo, useRef } from "react";
import { serverAddress } from "../../api/client";
import { barPicture } from "../../charts/bar_picture";
import { Bars } from "../../charts/bars";
import {
  brushedRuns,
  type ComparedRuns,
  comparedRows,
  type Interval,
} from "../../charts/compared_runs";
import { pictureAsPng, pictureAsSvg } from "../../charts/picture";
import { plotCode } from "../../charts/plot_code";
import { historyOption } from "../../charts/plots/history";
import { parallelOption } from "../../charts/plots/parallel";
import { Plot, plotAsPng, plotAsSvg } from "../../charts/plots/plot";
import { type PlotOption, type PlotProps, reachFar } from "../../charts/plots/plot_frame";
import type { ChartLine } from "../../charts/series_plan";
import type { Takeaway } from "../../charts/takeaway";
import { childFilter } from "../../data/child_runs";
import { columnOf, labelOf } from "../../data/columns";
import { count } from "../../data/numbers";
import { bestSoFar, sortTrials, TRIAL_NUMBER, type Trial, valued } from "../../data/trials";
import { IconButton } from "../../widgets/button";
import { Menu } from "../../widgets/menu";
import { tokenColour, useIsDark } from "../../widgets/theme";
import { useChartColours } from "../metrics/chart_colours";
import { takeawayEntries } from "../metrics/chart_menu";
import { importanceSnippet, importanceText, type SweepProps, trialLabel } from "./sweep_facts";

const IMAGE_RATIO = 2;
const NUMBER = `tags.${TRIAL_NUMBER}`;
/** More lines would hide each other, and more axes could not be told apart. */
const MOST_LINES = 1_000;
const MOST_AXES = 20;
const NO_COLOURS: ReadonlyMap<string, string> = new Map();

interface SweepChartsProps extends SweepProps {
  selected: ReadonlySet<string>;
  onSelect: (run_ids: string[]) => void;
}

/** Needs a metric that some trial has told: without it there is nothing to draw. */
export function SweepCharts(props: SweepChartsProps) {
  const { metric } = props.plan;
  if (metric === undefined) return null;
  return (
    <div className="sweep-charts">
      <HistoryChart {...props} metric={metric} />
      <ParallelTrials {...props} metric={metric} />
      <ImportanceChart {...props} metric={metric} />
    </div>
  );
}

type ChartOfMetric = SweepChartsProps & { metric: string };

function HistoryChart(props: ChartOfMetric) {
  const { plan, metric, trials, selected } = props;
  const shared = usePlotProps(selected);
  const columns = useMemo(() => [NUMBER, `metrics.${metric}`], [metric]);
  const runs = useMemo(() => comparedTrials(valued(trials), plan), [trials, plan]);
  const option = useMemo(() => {
    const values = runs.values.get(`metrics.${metric}`)?.map(Number) ?? [];
    return historyOption(
      {
        ...shared,
        runs,
        columns,
        runColour: NO_COLOURS,
        logarithmic: { x: false, y: reachFar(values) },
      },
      {
        name: "best so far",
        colour: tokenColour("--accent"),
        values: bestSoFar(values, plan.goal),
      },
    );
  }, [shared, runs, columns, metric, plan.goal]);
  return (
    <PlotCard
      {...props}
      title={`${metric} by trial`}
      note="line: best so far"
      kind="scatter"
      columns={columns}
      runs={runs}
      option={option}
      onFrame={(points) => props.onSelect(points.flatMap((at) => runs.run_ids[at] ?? []))}
    />
  );
}

function ParallelTrials(props: ChartOfMetric) {
  const { plan, metric, trials, selected, onSelect } = props;
  const shared = usePlotProps(selected);
  const intervals = useRef(new Map<number, Interval[]>());
  const columns = useMemo(() => {
    const params = plan.params.slice(0, MOST_AXES - 1).map((key) => `params.${key}`);
    return [...params, `metrics.${metric}`];
  }, [plan, metric]);
  const runs = useMemo(() => {
    const best = sortTrials(valued(trials), ({ value }) => value, plan.goal === "maximize");
    return { ...comparedTrials(best.slice(0, MOST_LINES), plan), total: best.length };
  }, [trials, plan]);
  const option = useMemo(
    () => parallelOption({ ...shared, runs, columns, runColour: NO_COLOURS }),
    [shared, runs, columns],
  );
  const drawn = runs.run_ids.length;
  const many = drawn === 1 ? "1 trial" : `${count(drawn)} trials`;
  return (
    <PlotCard
      {...props}
      title={`Params and ${metric}`}
      note={drawn < runs.total ? `the best ${many} of ${count(runs.total)}` : many}
      kind="parallel"
      columns={columns}
      runs={runs}
      option={option}
      onIntervals={(axis, some) => {
        intervals.current.set(axis, some);
        onSelect(brushedRuns(runs, columns, intervals.current));
      }}
    />
  );
}

/** What both plots have in common. */
function usePlotProps(
  selected: ReadonlySet<string>,
): Omit<PlotProps, "runs" | "columns" | "runColour"> {
  const colours = useChartColours();
  const isDark = useIsDark();
  return useMemo(
    () => ({
      labelOf: trialColumn,
      selected,
      logarithmic: { x: false, y: false },
      colours,
      isDark,
    }),
    [selected, colours, isDark],
  );
}

function trialColumn(id: string | undefined): string {
  const column = id === undefined || id === NUMBER ? undefined : columnOf(id);
  return column ? labelOf(column) : "Trial";
}

function comparedTrials(
  trials: readonly Trial[],
  { params, metric }: SweepProps["plan"],
): ComparedRuns {
  const values = new Map(
    params.map((key, at) => [`params.${key}`, trials.map(({ point }) => point[at])]),
  );
  return {
    run_ids: trials.map(({ info }) => info.run_id),
    names: trials.map(trialLabel),
    values: new Map<string, (string | number | undefined)[]>([
      ...values,
      [NUMBER, trials.map(({ number }) => number)],
      [`metrics.${metric}`, trials.map(({ value }) => value)],
    ]),
    total: trials.length,
  };
}

interface PlotCardProps extends ChartOfMetric {
  title: string;
  note: string;
  kind: "scatter" | "parallel";
  columns: readonly string[];
  runs: ComparedRuns;
  option: PlotOption;
  onFrame?: (points: number[]) => void;
  onIntervals?: (axis: number, some: Interval[]) => void;
}

function PlotCard(props: PlotCardProps) {
  const { title, note, kind, columns, runs, option, run } = props;
  const takeaway = useRef<Takeaway>(null);
  const { ground, text } = useChartColours();
  useImperativeHandle(takeaway, () => {
    const image = { title, option, ground, text };
    return {
      png: () => plotAsPng(image, IMAGE_RATIO),
      svg: () => plotAsSvg(image),
      rows: () => comparedRows(runs, columns),
      code: () =>
        plotCode({
          server: serverAddress(),
          title,
          kind,
          columns,
          labelOf: trialColumn,
          runs: {
            experiment_id: run.info.experiment_id,
            filter: `${childFilter(run.info.run_id)} AND attributes.status = 'FINISHED'`,
            most: runs.total,
          },
        }),
    };
  });
  return (
    <ChartFrame title={title} note={note} takeaway={takeaway}>
      <Plot
        label={`${title}, ${count(runs.run_ids.length)} trials`}
        option={option}
        onFrame={props.onFrame}
        onIntervals={props.onIntervals}
      />
    </ChartFrame>
  );
}

interface ChartFrameProps {
  title: string;
  note: string;
  /** Undefined where there is nothing to take. */
  takeaway: RefObject<Takeaway | null> | undefined;
  children: ReactNode;
}

function ChartFrame({ title, note, takeaway, children }: ChartFrameProps) {
  return (
    <article className="chart-card" aria-label={title}>
      <header>
        <h3 title={title}>{title}</h3>
        <small>{note}</small>
        {takeaway && (
          <Menu
            button={<IconButton icon="more" label={`Actions for ${title}`} />}
            entries={takeawayEntries(title, takeaway)}
          />
        )}
      </header>
      <div className="chart-body">{children}</div>
    </article>
  );
}

function ImportanceChart({ run, importances, metric, ...rest }: ChartOfMetric) {
  const takeaway = useRef<Takeaway>(null);
  const colours = useChartColours();
  const lines = importances.map(
    ({ param, share }): ChartLine => ({
      id: param,
      label: param,
      colour: tokenColour("--accent"),
      dash: 0,
      x: [0],
      y: [share],
    }),
  );
  useImperativeHandle(takeaway, () => {
    const picture = () => barPicture(`Importance for ${metric}`, lines, colours);
    return {
      png: () => pictureAsPng(picture(), IMAGE_RATIO),
      svg: () => pictureAsSvg(picture()),
      rows: () => importances.map(({ param, share }) => ({ param, importance: share })),
      code: () => importanceSnippet(serverAddress(), run.info.run_id),
    };
  });
  const isEmpty = lines.length === 0;
  return (
    <ChartFrame
      title="Importance"
      note={isEmpty ? "" : "share of variance"}
      takeaway={isEmpty ? undefined : takeaway}
    >
      {isEmpty ? (
        <p className="chart-empty">{importanceText(run, rest.trials)}</p>
      ) : (
        <Bars lines={lines} />
      )}
    </ChartFrame>
  );
}

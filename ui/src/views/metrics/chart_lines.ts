/** The lines of a chart: the whole coarsely, and, once a range is chosen, that range finely. */
import { useMemo } from "react";
import type { Run } from "../../api/types.gen";
import { type ChartSpec, metricsOf } from "../../charts/arrangement";
import {
  type AxisKind,
  type AxisRange,
  metricOfAxis,
  placesOf,
  stepsWithin,
} from "../../charts/axes";
import { groupLines } from "../../charts/groups";
import { type ChartLine, translucent } from "../../charts/series_plan";
import { type EarlierLine, useEarlierLines } from "../../data/attempts";
import { groupColours, paletteColour } from "../../data/colours";
import { BUCKETS, type Line, type StepRange, useSeries } from "../../data/metrics";
import { count } from "../../data/numbers";
import { isLive } from "../../data/runs";
import { type ChartData, labelOfRun } from "./chart_data";
import type { ChartState } from "./chart_state";

/** The server answers for at most so many series at once. */
const MOST_SERIES = 1_000;
const NO_LINES: Line[] = [];
const NO_PLACED: PlacedLine[] = [];

/** A series of the server, and where its points are on the axis. */
export interface PlacedLine {
  line: Line;
  steps: readonly number[];
  x: readonly number[];
}

/** What there is to draw of a chart. */
export interface ChartLines {
  placed: readonly PlacedLine[];
  drawn: readonly ChartLine[];
  isPending: boolean;
  error: Error | null;
  refetch: () => unknown;
}

/** Asks the server for the lines of a chart. */
export function useChartLines(spec: ChartSpec, data: ChartData, state: ChartState): ChartLines {
  const { axis, range } = state;
  const keys = spec.columns.join("\n");
  const metric_keys = useMemo(() => metricsOf({ kind: "line", columns: keys.split("\n") }), [keys]);
  const along = metricOfAxis(axis);
  const asked = useMemo(() => {
    const all = [...new Set(along === undefined ? metric_keys : [...metric_keys, along])];
    const most = Math.floor(MOST_SERIES / Math.max(1, all.length));
    return { keys: all, run_ids: data.runs.slice(0, most).map((run) => run.info.run_id) };
  }, [metric_keys, along, data.runs]);
  const starts = useMemo(() => startsOf(data.runs), [data.runs]);
  const wanted = {
    run_ids: asked.run_ids,
    metric_keys: asked.keys,
    buckets: BUCKETS,
    isLive: data.runs.some(isLive),
  };
  const placing = { metric_keys, axis, starts };
  const coarse = useSeries({ ...wanted, enabled: true });
  const whole = usePlaced(coarse.data ?? NO_LINES, placing);
  const steps = useSteps(whole, axis, range);
  const fine = useSeries({ ...wanted, range: steps, enabled: steps !== undefined });
  const finer = usePlaced((steps && fine.data) || NO_LINES, placing);
  // Where the axis is not steps, the first answer tells only roughly which steps are in sight.
  const inSight = useSteps(fine.isPlaceholderData ? NO_PLACED : finer, axis, range);
  const closer = narrower(steps, inSight);
  const finest = useSeries({ ...wanted, range: closer, enabled: closer !== undefined });
  const closest = usePlaced((closer && finest.data) || NO_LINES, placing);
  const placed = [closest, finer].find((lines) => lines.length > 0) ?? whole;
  const { runs, runColour, groups, colours, isDark } = data;
  const drawn = useMemo(() => {
    const looks = { runs, runColour, groups, colours, isDark };
    return drawnLines(placed, metric_keys, looks, state.spread);
  }, [placed, metric_keys, runs, runColour, groups, colours, isDark, state.spread]);
  const earlier = useEarlier(metric_keys, data, state, starts);
  const lines = useMemo(() => [...earlier, ...drawn], [earlier, drawn]);
  const { error, refetch, isPending } = coarse;
  return { placed, drawn: lines, isPending, error, refetch };
}

/** What was left behind of the one run, if that is to be shown. */
function useEarlier(
  metric_keys: readonly string[],
  data: ChartData,
  state: ChartState,
  starts: ReadonlyMap<string, number>,
): ChartLine[] {
  const { axis } = state;
  const [run, ...others] = data.runs;
  // Along another metric it would need the points of that one too, left behind or not.
  const isShown = state.isWithEarlier && others.length === 0 && metricOfAxis(axis) === undefined;
  const found = useEarlierLines(isShown ? run : undefined, metric_keys);
  const { runs, runColour, groups, colours, isDark } = data;
  return useMemo(() => {
    const looks = { runs, runColour, groups, colours, isDark };
    return earlierLines(found, metric_keys, looks, axis, starts);
  }, [found, metric_keys, runs, runColour, groups, colours, isDark, axis, starts]);
}

const FAINT = 0.4;

/** Lines of earlier attempts, as faint as what is over. */
export function earlierLines(
  found: readonly EarlierLine[],
  metric_keys: readonly string[],
  data: Looks,
  axis: AxisKind,
  starts: ReadonlyMap<string, number>,
): ChartLine[] {
  return found.flatMap(({ attempt, ...line }) =>
    drawnLines(place([line], { metric_keys, axis, starts }), metric_keys, data, "none").map(
      (each) => ({
        ...each,
        id: `${each.id} attempt ${attempt}`,
        label: `${each.label} · attempt ${attempt}`,
        colour: translucent(each.colour, FAINT),
      }),
    ),
  );
}

interface Placing {
  metric_keys: readonly string[];
  axis: AxisKind;
  starts: ReadonlyMap<string, number>;
}

function usePlaced(lines: readonly Line[], { metric_keys, axis, starts }: Placing): PlacedLine[] {
  return useMemo(
    () => place(lines, { metric_keys, axis, starts }),
    [lines, metric_keys, axis, starts],
  );
}

/** The steps in sight of a range, if one is chosen. */
function useSteps(
  placed: readonly PlacedLine[],
  axis: AxisKind,
  range: AxisRange | undefined,
): StepRange | undefined {
  const { min, max } = range ?? {};
  return useMemo(() => {
    if (min === undefined || max === undefined) return undefined;
    return stepsWithin(placed, axis, { min, max });
  }, [placed, axis, min, max]);
}

/** Asking again is worth it only for far fewer steps. */
const MUCH_NARROWER = 0.5;

function narrower(from: StepRange | undefined, to: StepRange | undefined): StepRange | undefined {
  if (!from || !to) return undefined;
  return to.end - to.start < (from.end - from.start) * MUCH_NARROWER ? to : undefined;
}

function startsOf(runs: readonly Run[]): Map<string, number> {
  const known = runs.filter((run) => run.info.start_time != null);
  return new Map(known.map((run) => [run.info.run_id, run.info.start_time ?? 0]));
}

function place(lines: readonly Line[], { metric_keys, axis, starts }: Placing): PlacedLine[] {
  const key = metricOfAxis(axis);
  const along = new Map(
    lines.filter((line) => line.metric_key === key).map((line) => [line.run_id, line]),
  );
  const drawn = new Set(metric_keys);
  return lines
    .filter((line) => drawn.has(line.metric_key))
    .map((line) => ({
      line,
      steps: line.steps,
      x: placesOf(line, axis, starts.get(line.run_id), along.get(line.run_id)),
    }));
}

type Looks = Pick<ChartData, "runs" | "runColour" | "groups" | "colours" | "isDark">;

/** Lines in their colours: by run, by metric if there is but one run, by group if there are groups. */
export function drawnLines(
  placed: readonly PlacedLine[],
  metric_keys: readonly string[],
  data: Looks,
  spread: ChartState["spread"],
): ChartLine[] {
  if (data.groups && spread !== "none") {
    return groupedLines(placed, metric_keys, data.groups, spread, data.isDark);
  }
  const names = new Map(data.runs.map((run) => [run.info.run_id, labelOfRun(run)]));
  const isOneRun = data.runs.length === 1;
  const isOneMetric = metric_keys.length === 1;
  return placed.map(({ line, x }): ChartLine => {
    const { run_id, metric_key } = line;
    const metric = metric_keys.indexOf(metric_key);
    const name = names.get(run_id) ?? run_id.slice(0, 8);
    const ofRun = data.runColour.get(run_id) ?? data.colours.text;
    return {
      id: isOneMetric ? run_id : `${run_id} ${metric_key}`,
      label: isOneMetric ? name : isOneRun ? metric_key : `${name} · ${metric_key}`,
      colour: isOneRun && !isOneMetric ? paletteColour(metric, data.isDark) : ofRun,
      dash: isOneRun ? 0 : metric,
      x,
      y: line.values,
    };
  });
}

/** What a group without a name is called. */
const NO_VALUE = "no value";

function groupedLines(
  placed: readonly PlacedLine[],
  metric_keys: readonly string[],
  groups: ReadonlyMap<string, string>,
  spread: "deviation" | "extent",
  isDark: boolean,
): ChartLine[] {
  const colours = groupColours(groups.values(), isDark);
  const groupOf = (run_id: string) => groups.get(run_id) || NO_VALUE;
  const members = new Map<string, PlacedLine[]>();
  for (const each of placed) {
    const id = JSON.stringify([groupOf(each.line.run_id), each.line.metric_key]);
    members.set(id, [...(members.get(id) ?? []), each]);
  }
  return [...members].map(([id, lines]): ChartLine => {
    const [group = "", metric_key = ""] = JSON.parse(id) as string[];
    const mean = groupLines(
      lines.map(({ line, x }) => ({ x, y: line.values })),
      spread,
    );
    const runs = lines.length === 1 ? "1 run" : `${count(lines.length)} runs`;
    const metric = metric_keys.length > 1 ? ` · ${metric_key}` : "";
    return {
      id,
      label: `${group}${metric} (${runs})`,
      colour: colours.get(group) ?? paletteColour(colours.size, isDark),
      dash: metric_keys.indexOf(metric_key),
      x: mean.x,
      y: mean.y,
      band: { low: mean.low, high: mean.high },
    };
  });
}

/** How many points the server has of the lines. */
export function pointsText(placed: readonly PlacedLine[]): string {
  const total = placed.reduce((sum, { line }) => sum + line.total, 0);
  return total > 1 ? `${count(total)} points` : "";
}

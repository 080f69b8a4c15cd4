/** What all charts of a page share and how they are arranged, kept in the page's address. */
import { useMemo } from "react";
import type { Logarithmic } from "../../charts/align";
import type { Arrangement, LogAxes } from "../../charts/arrangement";
import { formatArrangement, parseArrangement } from "../../charts/arrangement_address";
import {
  type AxisKind,
  type AxisRange,
  formatRange,
  parseAxis,
  parseRange,
} from "../../charts/axes";
import { formatSmoothing, parseSmoothing, type Smoothing } from "../../charts/smoothing";
import { changeQuery, parseQuery, useAddress } from "../../data/address";
import { useStable } from "../../widgets/stable";
import { type GroupSpread, parseSpread } from "./spread";

export interface ChartState {
  axis: AxisKind;
  logarithmic: Logarithmic;
  smoothing: Smoothing;
  isWithoutOutliers: boolean;
  /** Lines of earlier attempts of a run are drawn too. */
  isWithEarlier: boolean;
  spread: GroupSpread;
  range: AxisRange | undefined;
  /** Part of the names of the metrics to show. */
  find: string;
  arrangement: Arrangement;
  /** The chart that fills the page. */
  full: string | undefined;
}

/** Reads the state of an address. */
export function parseChartState(query: URLSearchParams): ChartState {
  const log = query.get("log");
  return {
    axis: parseAxis(query.get("x")),
    logarithmic: parseLog(log === "1" ? "y" : log),
    smoothing: parseSmoothing(query.get("smooth")),
    isWithoutOutliers: query.get("outliers") === "ignored",
    isWithEarlier: query.get("attempts") === "all",
    spread: parseSpread(query),
    range: parseRange(query.get("range")),
    find: query.get("metric") ?? "",
    arrangement: parseArrangement(query),
    full: query.get("full") ?? undefined,
  };
}

/** The axes that a text such as `xy` names. */
export function parseLog(text: string | null): Logarithmic {
  return { x: text === "x" || text === "xy", y: text === "y" || text === "xy" };
}

/** The text that names logarithmic axes. */
export function formatLog({ x, y }: Logarithmic): LogAxes {
  if (x) return y ? "xy" : "x";
  return y ? "y" : "none";
}

/** The state as the address carries it; what is as usual is undefined. */
export function formatChartState(state: ChartState): Record<string, string | undefined> {
  const log = formatLog(state.logarithmic);
  return {
    x: state.axis === "step" ? undefined : state.axis,
    log: log === "none" ? undefined : log,
    smooth: formatSmoothing(state.smoothing),
    outliers: state.isWithoutOutliers ? "ignored" : undefined,
    attempts: state.isWithEarlier ? "all" : undefined,
    band: state.spread === "deviation" ? undefined : state.spread,
    range: formatRange(state.range),
    metric: state.find || undefined,
    full: state.full,
    ...formatArrangement(state.arrangement),
  };
}

export type ChangeCharts = (changes: Partial<ChartState>) => void;

/** The state, the same object as long as the address is the same, and how to change it. */
export function useChartState(): [ChartState, ChangeCharts] {
  const text = useAddress().query.toString();
  const state = useMemo(() => parseChartState(parseQuery(text)), [text]);
  const change = useStable((changes: Partial<ChartState>) => {
    const next = { ...state, ...changes };
    // A range of steps means nothing on an axis of times.
    if (next.axis !== state.axis) next.range = undefined;
    changeQuery(formatChartState(next));
  });
  return [state, change];
}

/** What all charts of a page share, kept in the page's address. */
import {
  AXIS_KINDS,
  type AxisKind,
  type AxisRange,
  formatRange,
  parseRange,
} from "../../charts/axes";
import { changeQuery, useAddress } from "../../data/address";

export interface ChartState {
  axis: AxisKind;
  isLogarithmic: boolean;
  smoothing: number;
  range: AxisRange | undefined;
  /** Part of the names of the metrics to show. */
  find: string;
}

/** The state and how to change it; what is as usual stays out of the address. */
export function useChartState(): [ChartState, (changes: Partial<ChartState>) => void] {
  const { query } = useAddress();
  const state: ChartState = {
    axis: AXIS_KINDS.find((kind) => kind === query.get("x")) ?? "step",
    isLogarithmic: query.get("log") === "1",
    smoothing: Math.min(0.99, Math.max(0, Number(query.get("smooth")) || 0)),
    range: parseRange(query.get("range")),
    find: query.get("metric") ?? "",
  };
  const change = (changes: Partial<ChartState>) => {
    const next = { ...state, ...changes };
    // A range of steps means nothing on an axis of times.
    if (next.axis !== state.axis) next.range = undefined;
    changeQuery({
      x: next.axis === "step" ? undefined : next.axis,
      log: next.isLogarithmic ? "1" : undefined,
      smooth: next.smoothing > 0 ? String(next.smoothing) : undefined,
      range: formatRange(next.range),
      metric: next.find,
    });
  };
  return [state, change];
}

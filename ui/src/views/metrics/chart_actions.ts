/** What can be done with a chart and its place. */
import {
  addChart,
  type ChartSection,
  type ChartSize,
  freshId,
  moveChart,
  neighbourPlace,
  placeAfter,
  removeChart,
  resizeChart,
  specOf,
} from "../../charts/arrangement";
import { say } from "../../widgets/notices";
import type { ChangeCharts, ChartState } from "./chart_state";

export interface ChartActions {
  /** Opens the form that changes a chart. */
  edit: (id: string) => void;
  duplicate: (id: string) => void;
  remove: (id: string) => void;
  move: (id: string, before: string) => void;
  /** Moves by one place; undefined at the edge of the section. */
  step: (id: string, direction: -1 | 1) => (() => void) | undefined;
  resize: (id: string, size: ChartSize) => void;
  open: (id: string) => void;
}

/** The actions on charts as they are arranged now. */
export function chartActions(
  metric_keys: readonly string[],
  sections: readonly ChartSection[],
  state: ChartState,
  change: ChangeCharts,
  edit: (id: string) => void,
): ChartActions {
  const { arrangement } = state;
  const move = (id: string, before: string) =>
    change({ arrangement: moveChart(metric_keys, arrangement, { id, before }) });
  return {
    edit,
    move,
    open: (full) => change({ full }),
    resize: (id, size) => change({ arrangement: resizeChart(arrangement, id, size) }),
    duplicate: (id) => {
      const section = sections.find(({ charts }) => charts.some((chart) => chart.id === id));
      const at = section?.charts.findIndex((chart) => chart.id === id) ?? 0;
      const before = section && placeAfter(section, at);
      const copy = addChart(metric_keys, arrangement, specOf(arrangement, id), before);
      const size = arrangement.sizes.get(id) ?? 1;
      change({ arrangement: resizeChart(copy, freshId(arrangement), size) });
    },
    remove: (id) => {
      change({ arrangement: removeChart(metric_keys, arrangement, id) });
      say("Chart removed", async () => change({ arrangement }));
    },
    step: (id, direction) => {
      const before = neighbourPlace(sections, id, direction);
      return before === undefined ? undefined : () => move(id, before);
    },
  };
}

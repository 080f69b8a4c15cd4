/** What the charts of a page draw. */

import type { Run } from "../../api/types.gen";
import type { ChartColours } from "../../charts/plot_options";
import type { RunQuery } from "../../data/run_table";

/** Which runs of an experiment: those that a filter lets through, the first in an order. */
export type RunSource = Pick<RunQuery, "experiment_id" | "filter" | "stage" | "order">;

export interface ChartData {
  /** Those with lines. */
  runs: readonly Run[];
  runColour: ReadonlyMap<string, string>;
  /** The group of each run; without it every run is a line of its own. */
  groups: ReadonlyMap<string, string> | undefined;
  /** The runs that charts of columns compare; without it they compare `runs`. */
  source: RunSource | undefined;
  /** The runs that stand out among those compared. */
  selected: ReadonlySet<string>;
  /** Called with the runs that were brushed; undefined where nothing can be selected. */
  onSelect: ((run_ids: string[]) => void) | undefined;
  colours: ChartColours;
  isDark: boolean;
}

/** What a run is called in a chart. */
export function labelOfRun(run: Run): string {
  return run.info.run_name || run.info.run_id.slice(0, 8);
}

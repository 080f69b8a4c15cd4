/** The charts of some runs: fetched beside the first load, which they would make heavy. */
import { lazy, Suspense } from "react";
import type { Run } from "../../api/types.gen";
import { Loading } from "../../widgets/panels";
import type { RunSource } from "./chart_data";

export interface ChartPaneProps {
  runs: readonly Run[];
  runColour: ReadonlyMap<string, string>;
  /** What stands above the charts, such as how the runs were chosen. */
  note?: string | undefined;
  /** Metrics without a chart of their own. */
  without?: ReadonlySet<string>;
  /** The group of each run: lines of a group are drawn as their mean with a band. */
  groups?: ReadonlyMap<string, string> | undefined;
  /** The runs that charts of columns compare; `runs` if absent. */
  source?: RunSource | undefined;
  /** Those of them that stand out. */
  selected?: ReadonlySet<string> | undefined;
  /** Called with the runs that were brushed in a chart. */
  onSelect?: ((run_ids: string[]) => void) | undefined;
}

// Asked for at once, so that it has arrived when the data has.
const content = import("./arranged_charts");
const ArrangedCharts = lazy(async () => ({ default: (await content).ArrangedCharts }));

export function ChartPane(props: ChartPaneProps) {
  return (
    <Suspense fallback={<Loading rows={6} />}>
      <ArrangedCharts {...props} />
    </Suspense>
  );
}

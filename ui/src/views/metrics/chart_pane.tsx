/** The charts of some runs: fetched beside the first load, which they would make heavy. */
import { lazy, Suspense } from "react";
import { Loading } from "../../widgets/panels";
import type { ChartPaneProps } from "./arranged_charts";

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

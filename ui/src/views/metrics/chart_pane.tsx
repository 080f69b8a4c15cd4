/** The charts of some runs: fetched beside the first load, which they would make heavy. */
import { later } from "../../widgets/later";
import { Loading } from "../../widgets/panels";

export const ChartPane = later(
  async () => (await import("./arranged_charts")).ArrangedCharts,
  <Loading rows={6} />,
);

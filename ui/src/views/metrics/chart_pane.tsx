/** The charts of some runs: fetched beside the first load, which they would make heavy. */
import { later } from "../../widgets/later";
import { Loading } from "../../widgets/panels";

// Asked for at once, so that it has arrived when the data has.
const content = import("./arranged_charts");

export const ChartPane = later(async () => (await content).ArrangedCharts, <Loading rows={6} />);

/** What the first page will ask for, asked while the program is still starting. */
import type { QueryClient } from "@tanstack/react-query";
import type { Run } from "../api/types.gen";
import type { Address } from "./address";
import { experimentQuery } from "./experiments";
import { endsQuery, seriesQuery, wholeSeries } from "./metrics";
import { isLive, runQuery } from "./runs";

/** Of more charts not all would be in sight. */
const MOST_CHARTS = 12;

/** Begins to fetch what the page of this address shows; a failure is the page's to tell. */
export async function askAhead(client: QueryClient, { path, query }: Address): Promise<void> {
  const [room, experiment_id, inner, run_id] = path;
  if (room !== "experiments" || experiment_id === undefined) return;
  void client.prefetchQuery(experimentQuery(experiment_id));
  if (inner !== "runs" || run_id === undefined) return;
  await client.prefetchQuery(runQuery(run_id));
  const run = client.getQueryData(runQuery(run_id).queryKey);
  if (!run) return;
  if (endsQuery(run).enabled) void client.prefetchQuery(endsQuery(run));
  if (![...query.keys()].length) askForCharts(client, run);
}

/** The lines of a run that is over, if its page opens with a few charts as they usually are. */
function askForCharts(client: QueryClient, run: Run): void {
  const keys = run.data?.metrics?.map((metric) => metric.key) ?? [];
  if (keys.length > MOST_CHARTS || isLive(run)) return;
  for (const key of keys) {
    void client.prefetchQuery(seriesQuery(wholeSeries([run.info.run_id], [key]), false));
  }
}

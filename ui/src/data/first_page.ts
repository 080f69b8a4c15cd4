/** What the first page will ask for, asked while the program is still starting. */
import type { QueryClient } from "@tanstack/react-query";
import type { Address } from "./address";
import { experimentQuery } from "./experiments";
import { endsQuery } from "./metrics";
import { runQuery } from "./runs";

/** Begins to fetch what the page of this address shows; a failure is the page's to tell. */
export async function askAhead(client: QueryClient, { path }: Address): Promise<void> {
  const [room, experiment_id, inner, run_id] = path;
  if (room !== "experiments" || experiment_id === undefined) return;
  void client.prefetchQuery(experimentQuery(experiment_id));
  if (inner !== "runs" || run_id === undefined) return;
  await client.prefetchQuery(runQuery(run_id));
  const run = client.getQueryData(runQuery(run_id).queryKey);
  if (run && endsQuery(run).enabled) await client.prefetchQuery(endsQuery(run));
}

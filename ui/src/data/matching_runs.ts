/** All runs that match what a view asks for, as far as they had begun at some time. */
import { type QueryClient, type QueryKey, useQuery } from "@tanstack/react-query";
import { pagesOfRuns } from "./all_runs";
import { allOf } from "./language";
import type { Matching } from "./run_selection";
import type { RunQuery } from "./run_table";

/**
 * Not asked again when runs change: what was selected stays selected, in the order that it was
 * selected in.
 */
function keyOf({ experiment_id, filter, stage }: RunQuery, until: number | undefined): QueryKey {
  return ["runs-matching", experiment_id, filter, stage, until];
}

/** The matches that had begun at some time, in ms; nothing is asked without one. */
export function useMatching(query: RunQuery, until: number | undefined) {
  return useQuery({
    queryKey: keyOf(query, until),
    queryFn: async (): Promise<Matching> => {
      const begun = `attributes.start_time <= ${until}`;
      const found = await matchesOf({ ...query, filter: allOf([query.filter, begun]) });
      return { run_ids: found.run_ids, until: until ?? 0 };
    },
    enabled: until !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

/**
 * The ids of all that match now. Those that tell when they began are what an address can mean by
 * the latest of these times, and are known from now on under it.
 */
export async function matchNow(client: QueryClient, query: RunQuery) {
  const found = await matchesOf(query);
  if (found.until === undefined) return { run_ids: found.run_ids };
  const matching: Matching = { run_ids: found.dated, until: found.until };
  client.setQueryData(keyOf(query, found.until), matching);
  return { run_ids: found.run_ids, matching };
}

async function matchesOf(query: RunQuery) {
  const run_ids: string[] = [];
  const dated: string[] = [];
  let until: number | undefined;
  for await (const page of pagesOfRuns({ ...query, columns: [] })) {
    run_ids.push(...page.run_ids);
    page.run_ids.forEach((id, at) => {
      const begun = page.start_times[at] ?? undefined;
      if (begun === undefined) return;
      dated.push(id);
      until = Math.max(until ?? begun, begun);
    });
  }
  return { run_ids, dated, until };
}

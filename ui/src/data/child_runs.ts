/** The runs below a run. */
import { useQuery } from "@tanstack/react-query";
import { post } from "../api/client";
import type { Run, RunPage } from "../api/types.gen";
import { quoted } from "./language";
import { whileUntold } from "./news";
import { isLive } from "./runs";

const MOST_CHILDREN = 200;

/** The filter that finds the children of a run. */
export function childFilter(run_id: string): string {
  return `tags.\`mlflow.parentRunId\` = ${quoted(run_id)}`;
}

export interface ChildRuns {
  runs: Run[];
  hasMore: boolean;
}

/** The first children of a run, in the order in which they began. */
export function useChildRuns(run: Run) {
  const { run_id, experiment_id } = run.info;
  return useQuery({
    queryKey: ["runs", "children", experiment_id, run_id],
    queryFn: async ({ signal }): Promise<ChildRuns> => {
      const page = await post<RunPage>(
        "runs/search",
        {
          experiment_ids: [experiment_id],
          filter: childFilter(run_id),
          max_results: MOST_CHILDREN,
          order_by: ["attributes.start_time ASC"],
        },
        signal,
      );
      return { runs: page.runs ?? [], hasMore: Boolean(page.next_page_token) };
    },
    refetchInterval: (query) =>
      isLive(run) || query.state.data?.runs.some(isLive) ? whileUntold() : false,
  });
}

/** The metrics that most of some runs have, at most `most` of them. */
export function sharedMetrics(runs: readonly Run[], most: number): string[] {
  const seen = new Map<string, number>();
  for (const run of runs) {
    for (const { key } of run.data?.metrics ?? []) {
      if (!key.startsWith("system/")) seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  }
  return [...seen]
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .slice(0, most)
    .map(([key]) => key);
}

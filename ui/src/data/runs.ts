/** Runs: what is asked of the server about them, and what changes them. */
import { queryOptions, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, getOwn, post, postOwn } from "../api/client";
import type { LoggedModel, Run, RunPage, RunsFound, SetLifecycleStage } from "../api/types.gen";
import { pagesOfRuns, queryOf } from "./all_runs";
import { quoted } from "./language";
import { whileUntold } from "./news";
import { valuesIn } from "./run_table";

/** Runs of an experiment by their ids, in that order; those of before until they are here. */
export function useRunsById(experiment_id: string, run_ids: readonly string[]) {
  return useQuery({
    queryKey: ["runs", "by id", experiment_id, run_ids],
    queryFn: async ({ signal }) => {
      const answer = await post<RunPage>(
        "runs/search",
        {
          experiment_ids: [experiment_id],
          filter: `attributes.run_id IN (${run_ids.map(quoted).join(", ")})`,
          run_view_type: "ALL",
        },
        signal,
      );
      const place = new Map(run_ids.map((id, at) => [id, at]));
      const placeOf = (run: Run) => place.get(run.info.run_id) ?? 0;
      return (answer.runs ?? []).sort((a, b) => placeOf(a) - placeOf(b));
    },
    enabled: run_ids.length > 0,
    placeholderData: (previous, query) =>
      query?.queryKey[2] === experiment_id ? previous : undefined,
  });
}

/** How one run is asked for. */
export const runQuery = (run_id: string | undefined) =>
  queryOptions({
    queryKey: ["run", run_id],
    queryFn: async ({ signal }) => (await get<{ run: Run }>("runs/get", { run_id }, signal)).run,
  });

/** One run; asked again while it is running and no stream tells of changes. */
export function useRun(run_id: string | undefined) {
  return useQuery({
    ...runQuery(run_id),
    enabled: run_id !== undefined,
    refetchInterval: (query) =>
      query.state.data && isLive(query.state.data) ? whileUntold() : false,
  });
}

/** Runs of any experiment whose ID begins with a text or whose name contains it. */
export function useRunsNamed(text: string, enabled: boolean) {
  return useQuery({
    queryKey: ["runs", "named", text],
    queryFn: async ({ signal }) =>
      (await getOwn<RunsFound>("runs/find", { text }, signal)).runs ?? [],
    enabled,
    placeholderData: (previous) => previous,
  });
}

const loggedModelQuery = (model_id: string) => ({
  queryKey: ["logged-model", model_id],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await get<{ model: LoggedModel }>(`logged-models/${model_id}`, {}, signal)).model,
  staleTime: 60_000,
});

/** One logged model. */
export function useLoggedModel(model_id: string) {
  return useQuery(loggedModelQuery(model_id));
}

/** Several logged models, each with its own state. */
export function useLoggedModels(model_ids: readonly string[]) {
  return useQueries({ queries: model_ids.map(loggedModelQuery) });
}

/** Whether a run may still log. */
export function isLive(run: Run): boolean {
  return run.info.status === "RUNNING" && run.info.lifecycle_stage !== "deleted";
}

/** The server changes at most so many at once, all or none. */
const MOST_CHANGED = 1_000;

/** Reads the values of a tag of some runs, of those that have it; for taking changes back. */
export function useRunTags(experiment_id: string) {
  return async (run_ids: readonly string[], key: string): Promise<Map<string, string>> => {
    const found = new Map<string, string>();
    const query = {
      experiment_id,
      filter: "",
      stage: "ALL" as const,
      order: [],
      columns: [{ kind: "tag" as const, key }],
    };
    const wanted = new Set(run_ids);
    for await (const page of pagesOfRuns(queryOf(query, wanted))) {
      const [column] = page.columns;
      const values = column ? valuesIn(column) : [];
      page.run_ids.forEach((id, at) => {
        const value = values[at];
        if (wanted.has(id) && value !== undefined) found.set(id, String(value));
      });
    }
    return found;
  };
}

/** Everything that changes runs; the tables on screen follow. */
export function useRunChanges() {
  const client = useQueryClient();
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ["runs"] }),
      client.invalidateQueries({ queryKey: ["run"] }),
    ]);
  const change = async (path: string, body: object) => {
    await post(`runs/${path}`, body);
    await refresh();
  };
  /** One request for many; more than the server takes at once go in portions. */
  const changeMany = async (
    path: string,
    run_ids: readonly string[],
    bodyOf: (from: number, to: number) => object,
  ) => {
    try {
      for (let at = 0; at < run_ids.length; at += MOST_CHANGED) {
        const end = at + MOST_CHANGED;
        await postOwn(`runs/${path}`, { run_ids: run_ids.slice(at, end), ...bodyOf(at, end) });
      }
    } finally {
      await refresh(); // also if only some could be changed
    }
  };
  const setStage = (
    run_ids: readonly string[],
    { lifecycle_stage }: Pick<SetLifecycleStage, "lifecycle_stage">,
  ) => changeMany("set-lifecycle-stage", run_ids, () => ({ lifecycle_stage }));
  return {
    rename: (run_id: string, run_name: string) => change("update", { run_id, run_name }),
    setTag: (run_id: string, key: string, value: string) =>
      change("set-tag", { run_id, key, value }),
    deleteTag: (run_id: string, key: string) => change("delete-tag", { run_id, key }),
    /** Gives each run the value at its place; null takes the tag away. */
    tag: (run_ids: readonly string[], key: string, values: readonly (string | null)[]) =>
      changeMany("tag", run_ids, (from, to) => ({ key, values: values.slice(from, to) })),
    move: (run_ids: readonly string[], experiment_id: string) =>
      changeMany("move", run_ids, () => ({ experiment_id })),
    delete: (run_ids: readonly string[]) => setStage(run_ids, { lifecycle_stage: "deleted" }),
    restore: (run_ids: readonly string[]) => setStage(run_ids, { lifecycle_stage: "active" }),
  };
}

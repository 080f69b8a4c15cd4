/** Experiments: what is asked of the server about them, and what changes them. */
import {
  type QueryClient,
  queryOptions,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { get, post } from "../api/client";
import type { Experiment, ExperimentCreated, ExperimentPage } from "../api/types.gen";
import { nameContains } from "./language";

export type Stage = "ACTIVE_ONLY" | "DELETED_ONLY";
const PAGE_SIZE = 500;

/** Experiments whose name contains `text`, newest change first. */
export function useExperiments(text: string, stage: Stage, orderBy: string) {
  return useInfiniteQuery({
    queryKey: ["experiments", "search", text, stage, orderBy],
    queryFn: ({ pageParam, signal }) =>
      post<ExperimentPage>(
        "experiments/search",
        {
          max_results: PAGE_SIZE,
          view_type: stage,
          filter: text ? nameContains("name", text) : undefined,
          order_by: [orderBy],
          page_token: pageParam,
        },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token || undefined,
    placeholderData: (previous) => previous,
  });
}

/** The first two experiments: enough to know whether Default is the only one. */
export function useFewExperiments(enabled: boolean) {
  return useQuery({
    queryKey: ["experiments", "few"],
    queryFn: ({ signal }) => post<ExperimentPage>("experiments/search", { max_results: 2 }, signal),
    enabled,
  });
}

/** The experiments that the search box offers. */
export function useExperimentsNamed(text: string, enabled: boolean) {
  return useQuery({
    queryKey: ["experiments", "named", text],
    queryFn: ({ signal }) =>
      post<ExperimentPage>(
        "experiments/search",
        {
          max_results: 20,
          filter: text ? nameContains("name", text) : undefined,
          order_by: ["last_update_time DESC"],
        },
        signal,
      ),
    enabled,
    placeholderData: (previous) => previous,
  });
}

/** How one experiment is asked for. */
export const experimentQuery = (experiment_id: string | undefined) =>
  queryOptions({
    queryKey: ["experiment", experiment_id],
    queryFn: async ({ signal }) =>
      (await get<{ experiment: Experiment }>("experiments/get", { experiment_id }, signal))
        .experiment,
  });

/** One experiment. */
export function useExperiment(experiment_id: string | undefined) {
  return useQuery({ ...experimentQuery(experiment_id), enabled: experiment_id !== undefined });
}

/** Everything that changes experiments; the lists on screen follow. */
export function useExperimentChanges() {
  const client = useQueryClient();
  const change = async <Answer>(path: string, body: object) => {
    const answer = await post<Answer>(`experiments/${path}`, body);
    await refreshExperiments(client);
    return answer;
  };
  return {
    create: (name: string) => change<ExperimentCreated>("create", { name }),
    rename: (experiment_id: string, new_name: string) =>
      change("update", { experiment_id, new_name }),
    delete: (experiment_id: string) => change("delete", { experiment_id }),
    restore: (experiment_id: string) => change("restore", { experiment_id }),
  };
}

function refreshExperiments(client: QueryClient): Promise<unknown> {
  return Promise.all([
    client.invalidateQueries({ queryKey: ["experiments"] }),
    client.invalidateQueries({ queryKey: ["experiment"] }),
  ]);
}

/** Requests for moves that somebody else approves: those that are pending, and what ends them. */
import { useQuery } from "@tanstack/react-query";
import { getOwn, postOwn } from "../api/client";
import type { TransitionRequest, TransitionRequestPage } from "../api/types.gen";
import { REGISTRY, useRegistryRefresh } from "./registered_models";

const MOST_PENDING = 100;

/** The pending requests of a model, or of one version; newest first. */
export function usePendingRequests(name: string, version?: string) {
  return useQuery({
    queryKey: [REGISTRY, "requests", name, version],
    queryFn: async ({ signal }) => {
      const page = await getOwn<TransitionRequestPage>(
        "transition-requests",
        { name, version, status: "PENDING", max_results: String(MOST_PENDING) },
        signal,
      );
      return page.transition_requests ?? [];
    },
  });
}

/** What is asked for: a version in a stage, or an alias at a version (or nowhere). */
export type Wish =
  | { name: string; version: string; stage: string; archive_existing_versions: boolean }
  | { name: string; alias: string; version?: string };

export type Decision = "approve" | "reject" | "cancel";

/** Everything that makes and ends requests; the pages on screen follow. */
export function useTransitionRequestChanges() {
  const refresh = useRegistryRefresh();
  const send = async (path: string, body: object) => {
    try {
      return await postOwn<TransitionRequest>(path, body);
    } finally {
      await refresh();
    }
  };
  return {
    ask: (wish: Wish, comment: string) =>
      send("transition-requests", { ...wish, comment: comment || undefined }),
    decide: (request_id: string, decision: Decision, comment: string) =>
      send(`transition-requests/${encodeURIComponent(request_id)}/${decision}`, {
        comment: comment || undefined,
      }),
  };
}

/** Saved views: what someone arranged on an experiment's page, under a name. */
import { useQuery } from "@tanstack/react-query";
import { getOwn, patchOwn, postOwn, removeOwn } from "../api/client";
import type { CreateView, UpdateView, View, ViewList } from "../api/types.gen";
import { parseQuery, queryText } from "./address";
import { useFollow } from "./follow";

/** Where the address names the view; this value means none, where a default would be opened. */
export const VIEW = "view";
export const NO_VIEW = "none";

/** The views of an experiment, by name. */
export function useViews(experiment_id: string) {
  return useQuery({
    queryKey: ["views", experiment_id],
    queryFn: async ({ signal }) =>
      (await getOwn<ViewList>("views", { experiment_id }, signal)).views,
    staleTime: 30_000,
  });
}

/** Everything that changes views; the menu follows. */
export function useViewChanges() {
  const follow = useFollow("views");
  return {
    create: (request: CreateView) => follow(postOwn<View>("views", request)),
    update: ({ view_id, ...changes }: UpdateView) =>
      follow(patchOwn<View>(`views/${view_id}`, changes)),
    delete: (view_id: string) => follow(removeOwn(`views/${view_id}`, {})),
  };
}

/** What the address says beside the name of the view. */
export function stateOf(query: URLSearchParams): string {
  const { [VIEW]: _, ...state } = Object.fromEntries(query);
  return queryText(state);
}

/** Whether two queries say the same, in whatever order and spelling. */
export function isSameState(one: string, other: string): boolean {
  const plain = (text: string) => JSON.stringify([...parseQuery(text)].sort());
  return plain(one) === plain(other);
}

/**
 * The query that the address should have, given the views: that of the view it names where it says
 * nothing else, that of the default where it says nothing at all. Undefined if it stays as it is.
 */
export function openedQuery(
  query: URLSearchParams,
  views: readonly View[],
): Record<string, string | undefined> | undefined {
  const named = query.get(VIEW);
  if (stateOf(query) !== "" || named === NO_VIEW) return undefined;
  const view = views.find(
    named ? ({ view_id }) => view_id === named : ({ is_default }) => is_default,
  );
  if (!view) return named ? { [VIEW]: undefined } : undefined;
  if (named && view.address === "") return undefined;
  return { [VIEW]: view.view_id, ...Object.fromEntries(parseQuery(view.address)) };
}

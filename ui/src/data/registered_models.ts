/** Registered models: what is asked of the server about them, and what changes them. */
import {
  type QueryClient,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { get, patch, post, remove } from "../api/client";
import type { RegisteredModel, RegisteredModelPage } from "../api/types.gen";
import { nameContains } from "./language";
import { type IsGone, removing } from "./removals";

const PAGE_SIZE = 200;
const MOST_OFFERED = 20;
/** All that is known of the registry; whatever changes it asks for what is on screen again. */
export const REGISTRY = "registry";

/** Registered models that a filter finds, page by page. */
export function useRegisteredModels(filter: string, orderBy: string) {
  return useInfiniteQuery({
    queryKey: [REGISTRY, "models", filter, orderBy],
    queryFn: ({ pageParam, signal }) =>
      get<RegisteredModelPage>(
        "registered-models/search",
        {
          filter: filter || undefined,
          order_by: [orderBy],
          max_results: String(PAGE_SIZE),
          page_token: pageParam,
        },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token || undefined,
    placeholderData: (previous) => previous,
    refetchOnWindowFocus: (query) => (query.state.data?.pages.length ?? 0) <= 1,
  });
}

/** The models that a box offers for a part of a name. */
export function useRegisteredModelsNamed(text: string, enabled: boolean) {
  return useQuery({
    queryKey: [REGISTRY, "models named", text],
    queryFn: async ({ signal }) => {
      const page = await get<RegisteredModelPage>(
        "registered-models/search",
        {
          filter: text ? nameContains("name", text) : undefined,
          order_by: text ? undefined : ["last_updated_timestamp DESC"],
          max_results: String(MOST_OFFERED),
        },
        signal,
      );
      return page.registered_models ?? [];
    },
    enabled,
    placeholderData: (previous) => previous,
  });
}

/** One registered model. */
export function useRegisteredModel(name: string | undefined) {
  return useQuery({
    queryKey: [REGISTRY, "model", name],
    queryFn: async ({ signal }) =>
      (await get<{ registered_model: RegisteredModel }>("registered-models/get", { name }, signal))
        .registered_model,
    enabled: name !== undefined,
  });
}

/** Asks again for all of the registry that is on screen. */
export function useRegistryRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: [REGISTRY] });
}

/** Once something is removed, asks again for all that is on screen and not about it. */
export function removed(
  client: QueryClient,
  request: Promise<unknown>,
  isGone: IsGone,
): Promise<void> {
  return removing(
    request.then(() => refreshWithout(client, isGone)),
    isGone,
  );
}

async function refreshWithout(client: QueryClient, isGone: IsGone): Promise<void> {
  await client.invalidateQueries({ queryKey: [REGISTRY], refetchType: "none" });
  await client.refetchQueries({
    queryKey: [REGISTRY],
    type: "active",
    predicate: ({ queryKey }) => !isGone(queryKey),
  });
}

/** Everything that changes registered models; the pages on screen follow. */
export function useRegisteredModelChanges() {
  const client = useQueryClient();
  const refresh = useRegistryRefresh();
  const follow = async <Answer>(change: Promise<Answer>): Promise<Answer> => {
    try {
      return await change;
    } finally {
      await refresh();
    }
  };
  /** Shows the outcome before the server has agreed; its own words follow at once. */
  const foresee = (name: string, to: (model: RegisteredModel) => RegisteredModel) =>
    client.setQueryData<RegisteredModel>([REGISTRY, "model", name], (model) => model && to(model));
  return {
    create: (name: string, description: string) =>
      follow(post("registered-models/create", { name, description: description || undefined })),
    rename: (name: string, new_name: string, comment: string) =>
      removed(
        client,
        post("registered-models/rename", { name, new_name, comment: comment || undefined }),
        ([, , about]) => about === name,
      ),
    describe: (name: string, description: string) => {
      foresee(name, (model) => ({ ...model, description }));
      return follow(patch("registered-models/update", { name, description }));
    },
    delete: (name: string, comment: string) =>
      removed(
        client,
        remove("registered-models/delete", { name, comment: comment || undefined }),
        ([, , about]) => about === name,
      ),
    setTag: (name: string, key: string, value: string) => {
      foresee(name, (model) => ({ ...model, tags: withTag(model.tags, key, value) }));
      return follow(post("registered-models/set-tag", { name, key, value }));
    },
    deleteTag: (name: string, key: string) => {
      foresee(name, (model) => ({ ...model, tags: model.tags?.filter((tag) => tag.key !== key) }));
      return follow(remove("registered-models/delete-tag", { name, key }));
    },
    setAlias: (name: string, alias: string, version: string, comment?: string) =>
      follow(
        post("registered-models/alias", { name, alias, version, comment: comment || undefined }),
      ),
    deleteAlias: (name: string, alias: string, comment?: string) =>
      follow(remove("registered-models/alias", { name, alias, comment: comment || undefined })),
  };
}

interface Tag {
  key: string;
  value?: string;
}

/** The tags with one set, at its place or at the end. */
export function withTag<Kind extends Tag>(
  tags: readonly Kind[] = [],
  key: string,
  value: string,
): Kind[] {
  const isKnown = tags.some((tag) => tag.key === key);
  const set = { key, value } as Kind;
  return isKnown ? tags.map((tag) => (tag.key === key ? set : tag)) : [...tags, set];
}

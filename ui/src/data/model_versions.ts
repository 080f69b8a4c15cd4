/** Versions of registered models: what is asked of the server about them, and what changes them. */
import { useInfiniteQuery, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, getOwn, patch, post, remove } from "../api/client";
import type {
  Lineage,
  ModelVersion,
  ModelVersionPage,
  RegisteredModelPage,
} from "../api/types.gen";
import { quoted } from "./language";
import { REGISTRY, removed, useRegistryRefresh, withTag } from "./registered_models";

const PAGE_SIZE = 100;
const MOST_OF_A_RUN = 200;

/** Versions of a model that a filter finds, page by page. */
export function useModelVersions(name: string, filter: string, orderBy: string) {
  return useInfiniteQuery({
    queryKey: [REGISTRY, "versions", name, filter, orderBy],
    queryFn: ({ pageParam, signal }) =>
      get<ModelVersionPage>(
        "model-versions/search",
        {
          filter,
          order_by: [orderBy],
          max_results: String(PAGE_SIZE),
          page_token: pageParam,
        },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token || undefined,
    placeholderData: (previous, query) => (query?.queryKey[2] === name ? previous : undefined),
  });
}

const versionKey = (name: string, version: string) => [REGISTRY, "version", name, version];

async function fetchVersion(name: string, version: string, signal: AbortSignal) {
  const answer = await get<{ model_version: ModelVersion }>(
    "model-versions/get",
    { name, version },
    signal,
  );
  return answer.model_version;
}

/** One version. */
export function useModelVersion(name: string, version: string) {
  return useQuery({
    queryKey: versionKey(name, version),
    queryFn: ({ signal }) => fetchVersion(name, version, signal),
  });
}

/** Several versions of a model, each with its own state. */
export function useModelVersionsByNumber(name: string, versions: readonly string[]) {
  return useQueries({
    queries: versions.map((version) => ({
      queryKey: versionKey(name, version),
      queryFn: ({ signal }: { signal: AbortSignal }) => fetchVersion(name, version, signal),
    })),
  });
}

const lineageQuery = (name: string, version: string) => ({
  queryKey: [REGISTRY, "lineage", name, version],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    getOwn<Lineage>("model-versions/lineage", { name, version }, signal),
  // What a version was made of does not change.
  staleTime: 60_000,
});

/** What a version was made of. */
export function useLineage(name: string, version: string) {
  return useQuery(lineageQuery(name, version));
}

/** What several versions were made of. */
export function useLineages(name: string, versions: readonly string[]) {
  return useQueries({ queries: versions.map((version) => lineageQuery(name, version)) });
}

/** The versions that were registered from a run. */
export function useVersionsOfRun(run_id: string) {
  return useQuery({
    queryKey: [REGISTRY, "versions of run", run_id],
    queryFn: async ({ signal }) => {
      const page = await get<ModelVersionPage>(
        "model-versions/search",
        {
          filter: `run_id = ${quoted(run_id)}`,
          max_results: String(MOST_OF_A_RUN),
          order_by: ["creation_timestamp DESC"],
        },
        signal,
      );
      return page.model_versions ?? [];
    },
  });
}

/** What is registered: files, and where they come from. */
export interface Registration {
  source: string;
  run_id?: string | undefined;
  model_id?: string | undefined;
  description?: string | undefined;
  comment?: string | undefined;
}

/** A move of a version, as a person decides it. */
export interface Move {
  stage: string;
  archive_existing_versions: boolean;
  comment: string;
}

/** Everything that changes versions; the pages on screen follow. */
export function useModelVersionChanges() {
  const client = useQueryClient();
  const refresh = useRegistryRefresh();
  const follow = async <Answer>(change: Promise<Answer>): Promise<Answer> => {
    try {
      return await change;
    } finally {
      await refresh();
    }
  };
  const foresee = (name: string, number: string, to: (version: ModelVersion) => ModelVersion) =>
    client.setQueryData<ModelVersion>(
      versionKey(name, number),
      (version) => version && to(version),
    );
  return {
    /** Registers the next version; a model that does not exist yet is made first. */
    register: (name: string, registration: Registration) => follow(register(name, registration)),
    move: (name: string, version: string, { comment, ...move }: Move) =>
      follow(
        post("model-versions/transition-stage", {
          name,
          version,
          ...move,
          comment: comment || undefined,
        }),
      ),
    describe: (name: string, version: string, description: string) => {
      foresee(name, version, (known) => ({ ...known, description }));
      return follow(patch("model-versions/update", { name, version, description }));
    },
    delete: (name: string, version: string, comment: string) =>
      removed(
        client,
        remove("model-versions/delete", { name, version, comment: comment || undefined }),
        ([, , model, number]) => model === name && number === version,
      ),
    setTag: (name: string, version: string, key: string, value: string) => {
      foresee(name, version, (known) => ({ ...known, tags: withTag(known.tags, key, value) }));
      return follow(post("model-versions/set-tag", { name, version, key, value }));
    },
    deleteTag: (name: string, version: string, key: string) => {
      foresee(name, version, (known) => ({
        ...known,
        tags: (known.tags ?? []).filter((tag) => tag.key !== key),
      }));
      return follow(remove("model-versions/delete-tag", { name, version, key }));
    },
  };
}

async function register(name: string, registration: Registration): Promise<ModelVersion> {
  const { registered_models } = await get<RegisteredModelPage>("registered-models/search", {
    filter: `name = ${quoted(name)}`,
    max_results: "1",
  });
  if (!registered_models?.length) {
    await post("registered-models/create", { name, comment: registration.comment });
  }
  const answer = await post<{ model_version: ModelVersion }>("model-versions/create", {
    name,
    ...registration,
  });
  return answer.model_version;
}

/** What the runs and logged models behind many versions say, in few requests. */
import { useQuery } from "@tanstack/react-query";
import { ApiError, get, post } from "../api/client";
import type { LoggedModel, LoggedModelPage, ModelVersion, Run, RunPage } from "../api/types.gen";
import { quoted } from "./language";
import { toNumber } from "./numbers";
import { byName } from "./order";

/** Where versions came from, by id. What is deleted or elsewhere is missing. */
export interface Origins {
  runs: ReadonlyMap<string, Run>;
  models: ReadonlyMap<string, LoggedModel>;
}

const NOTHING_KNOWN: Origins = { runs: new Map(), models: new Map() };

/** The origins of versions; those of a page that is already known are not asked for again. */
export function useOrigins(versions: readonly ModelVersion[]): Origins {
  const run_ids = distinct(versions.map((version) => version.run_id));
  const model_ids = distinct(versions.map((version) => version.model_id));
  const found = useQuery({
    queryKey: ["origins", run_ids, model_ids],
    queryFn: async ({ signal }) => {
      const [runs, models] = await Promise.all([
        gatherRuns(run_ids, signal),
        gather(model_ids, modelSource(signal)),
      ]);
      return { runs, models };
    },
    enabled: run_ids.length + model_ids.length > 0,
    staleTime: 60_000,
    placeholderData: (previous) => previous,
  });
  return found.data ?? NOTHING_KNOWN;
}

function distinct(ids: (string | undefined)[]): string[] {
  return [...new Set(ids.filter((id): id is string => Boolean(id)))];
}

interface Source<Found> {
  /** One of them, with the experiment it is in; undefined if it is gone. */
  one: (id: string) => Promise<{ found: Found; experiment_id: string } | undefined>;
  /** Those of the ids that are in an experiment. */
  within: (experiment_id: string, ids: string[]) => Promise<[string, Found][]>;
}

/** Two requests for each experiment that the ids are spread over. */
export async function gather<Found>(
  ids: readonly string[],
  source: Source<Found>,
): Promise<Map<string, Found>> {
  const known = new Map<string, Found>();
  let missing = [...ids];
  while (missing.length > 0) {
    const [first = "", ...rest] = missing;
    const seen = await source.one(first);
    missing = rest;
    if (!seen) continue;
    known.set(first, seen.found);
    if (rest.length === 0) break;
    for (const [id, found] of await source.within(seen.experiment_id, rest)) known.set(id, found);
    missing = rest.filter((id) => !known.has(id));
  }
  return known;
}

/** Runs by their ids, whatever experiment they are in; those that are gone are missing. */
export function gatherRuns(
  run_ids: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Run>> {
  return gather(run_ids, runSource(signal));
}

function runSource(signal: AbortSignal): Source<Run> {
  return {
    one: async (run_id) => {
      const run = await unlessGone(get<{ run: Run }>("runs/get", { run_id }, signal));
      return run && { found: run.run, experiment_id: run.run.info.experiment_id };
    },
    within: async (experiment_id, ids) => {
      const body = {
        experiment_ids: [experiment_id],
        filter: `attributes.run_id IN (${ids.map(quoted).join(", ")})`,
        run_view_type: "ALL",
        max_results: ids.length,
      };
      const page = await post<RunPage>("runs/search", body, signal);
      return (page.runs ?? []).map((run) => [run.info.run_id, run]);
    },
  };
}

function modelSource(signal: AbortSignal): Source<LoggedModel> {
  return {
    one: async (model_id) => {
      const model = await unlessGone(
        get<{ model: LoggedModel }>(`logged-models/${model_id}`, {}, signal),
      );
      return model && { found: model.model, experiment_id: model.model.info.experiment_id };
    },
    within: async (experiment_id, ids) => {
      const body = {
        experiment_ids: [experiment_id],
        filter: `model_id IN (${ids.map(quoted).join(", ")})`,
        max_results: ids.length,
      };
      const page = await post<LoggedModelPage>("logged-models/search", body, signal);
      return (page.models ?? []).map((model) => [model.info.model_id, model]);
    },
  };
}

async function unlessGone<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** The metrics of a version: those of its logged model, else those of its run. */
export function metricsOf(
  model: LoggedModel | undefined,
  run: Run | undefined,
): ReadonlyMap<string, number> {
  const own = model?.data?.metrics ?? [];
  const metrics = own.length > 0 ? own : (run?.data?.metrics ?? []);
  return new Map(metrics.map((metric) => [metric.key, toNumber(metric.value)]));
}

/** The params of a version: those of its logged model over those of its run. */
export function paramsOf(
  model: LoggedModel | undefined,
  run: Run | undefined,
): ReadonlyMap<string, string> {
  const all = [...(run?.data?.params ?? []), ...(model?.data?.params ?? [])];
  return new Map(all.map((param) => [param.key, param.value ?? ""]));
}

/** The keys that not all of the maps hold with the same value, in order. */
export function differingKeys<Value>(maps: readonly ReadonlyMap<string, Value>[]): string[] {
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))];
  return keys
    .filter((key) => maps.some((map) => !Object.is(map.get(key), maps[0]?.get(key))))
    .sort(byName);
}

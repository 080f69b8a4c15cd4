/** Gates: a model's rules, and what they say to a move before it is made. */
import { useQuery } from "@tanstack/react-query";
import { getOwn, postOwn, removeOwn } from "../api/client";
import type { Gate, GateFindings, GateList } from "../api/types.gen";
import { shortNumber, toNumber } from "./numbers";
import { REGISTRY, useRegistryRefresh } from "./registered_models";

/** The gates of a model, by name. */
export function useGates(name: string) {
  return useQuery({
    queryKey: [REGISTRY, "gates", name],
    queryFn: async ({ signal }) => (await getOwn<GateList>("gates", { name }, signal)).gates ?? [],
  });
}

/** Where a version is to go: into a stage, or under an alias. */
export type Target = { stage: string } | { alias: string };

/** What the gates would say to a move; nothing is asked without a target. */
export function useGateFindings(name: string, version: string, target: Target | undefined) {
  return useQuery({
    queryKey: [REGISTRY, "findings", name, version, target],
    queryFn: ({ signal }) =>
      getOwn<GateFindings>("gates/check", { name, version, ...target }, signal),
    enabled: target !== undefined && version !== "",
  });
}

/** Everything that changes gates; the pages on screen follow. */
export function useGateChanges() {
  const refresh = useRegistryRefresh();
  const follow = async <Answer>(change: Promise<Answer>): Promise<Answer> => {
    try {
      return await change;
    } finally {
      await refresh();
    }
  };
  return {
    set: (name: string, gate: Gate, comment?: string) =>
      follow(postOwn<Gate>("gates", { name, gate, comment: comment || undefined })),
    delete: (name: string, gate: string) => follow(removeOwn("gates", { name, gate })),
  };
}

/** Whether a gate is checked before an alias moves; a stage guards the alias of its name. */
export function isBeforeAlias(gate: Gate, alias: string): boolean {
  const names = [...(gate.stages ?? []), ...(gate.aliases ?? [])];
  return names.some((name) => name.toLowerCase() === alias.toLowerCase());
}

/** What a gate demands, in words. */
export function demandOf(gate: Gate): string {
  const number = (value: Gate["threshold"]) => shortNumber(toNumber(value ?? 0));
  switch (gate.rule) {
    case "metric_threshold":
      return `${gate.metric} ${gate.comparison} ${number(gate.threshold)}${onDataset(gate)}`;
    case "metric_against_champion": {
      const [better, worse] =
        gate.greater_is_better === false ? ["lower", "higher"] : ["higher", "lower"];
      const least = toNumber(gate.least_improvement ?? 0);
      const than = least > 0 ? `${better} than` : `no ${worse} than`;
      const by = least > 0 ? ` by at least ${number(least)}` : "";
      return `${gate.metric} ${than} the champion’s${by}${onDataset(gate)}`;
    }
    case "signature_compatible":
      return "a signature that fits wherever the champion’s does";
    case "size_limit":
      return `at most ${shortNumber(gate.most_bytes ?? 0)} bytes of files`;
    case "digests_intact":
      return "all files as they were saved";
  }
}

function onDataset({ dataset_name, dataset_digest }: Gate): string {
  const dataset = [dataset_name, dataset_digest].filter(Boolean).join(" ");
  return dataset && ` on ${dataset}`;
}

/** Which metrics are better when they are higher, as far as a model's gates say so. */
export function directionsOf(gates: readonly Gate[]): ReadonlyMap<string, "higher" | "lower"> {
  const known = new Map<string, "higher" | "lower">();
  for (const gate of gates) {
    if (!gate.metric) continue;
    if (gate.rule === "metric_against_champion") {
      known.set(gate.metric, gate.greater_is_better === false ? "lower" : "higher");
    } else if (gate.comparison && !known.has(gate.metric)) {
      known.set(gate.metric, gate.comparison.startsWith(">") ? "higher" : "lower");
    }
  }
  return known;
}

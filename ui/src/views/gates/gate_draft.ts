/** A gate while it is being typed. */
import type { Gate } from "../../api/types.gen";

/** All fields as they stand in the form; a rule uses its own. */
export interface GateDraft {
  gate: string;
  rule: Gate["rule"];
  stages: readonly string[];
  /** Names between commas. */
  aliases: string;
  metric: string;
  comparison: NonNullable<Gate["comparison"]>;
  threshold: string;
  better: "higher" | "lower";
  least: string;
  champion: string;
  bytes: string;
  /** What the form has no field for, kept as it was. */
  dataset_name: string | undefined;
  dataset_digest: string | undefined;
}

/** The form of a gate, or of a new one: before the last stage in use, which is Production. */
export function draftOf(gate: Gate | undefined, stages: readonly string[]): GateDraft {
  return {
    gate: gate?.gate ?? "",
    rule: gate?.rule ?? "metric_threshold",
    stages: gate ? (gate.stages ?? []) : stages.slice(-1),
    aliases: gate?.aliases?.join(", ") ?? "",
    metric: gate?.metric ?? "",
    comparison: gate?.comparison ?? ">=",
    threshold: gate?.threshold === undefined ? "" : String(gate.threshold),
    better: gate?.greater_is_better === false ? "lower" : "higher",
    least: gate?.least_improvement === undefined ? "0" : String(gate.least_improvement),
    champion: gate?.champion_alias ?? "",
    bytes: gate?.most_bytes === undefined ? "" : String(gate.most_bytes),
    dataset_name: gate?.dataset_name,
    dataset_digest: gate?.dataset_digest,
  };
}

/** The gate that a form describes; undefined while it is incomplete. */
export function gateOf(draft: GateDraft): Gate | undefined {
  const aliases = draft.aliases.split(",").map(plain).filter(Boolean);
  const gate: Gate = {
    gate: draft.gate.trim(),
    rule: draft.rule,
    stages: [...draft.stages],
    aliases,
  };
  if (!gate.gate || draft.stages.length + aliases.length === 0) return undefined;
  const champion = plain(draft.champion);
  switch (draft.rule) {
    case "metric_threshold": {
      const threshold = numberIn(draft.threshold);
      const metric = draft.metric.trim();
      if (threshold === undefined || !metric) return undefined;
      return { ...gate, ...datasetOf(draft), metric, threshold, comparison: draft.comparison };
    }
    case "metric_against_champion": {
      const least_improvement = numberIn(draft.least);
      const metric = draft.metric.trim();
      if (least_improvement === undefined || !metric) return undefined;
      const greater_is_better = draft.better === "higher";
      const own = { ...gate, ...datasetOf(draft), metric, greater_is_better, least_improvement };
      return champion ? { ...own, champion_alias: champion } : own;
    }
    case "signature_compatible":
      return champion ? { ...gate, champion_alias: champion } : gate;
    case "size_limit": {
      const most_bytes = numberIn(draft.bytes);
      return most_bytes === undefined ? undefined : { ...gate, most_bytes };
    }
    case "digests_intact":
      return gate;
  }
}

function datasetOf({ dataset_name, dataset_digest }: GateDraft): Partial<Gate> {
  return {
    ...(dataset_name === undefined ? {} : { dataset_name }),
    ...(dataset_digest === undefined ? {} : { dataset_digest }),
  };
}

function plain(alias: string): string {
  return alias.trim().replace(/^@/, "");
}

function numberIn(text: string): number | undefined {
  const number = Number(text);
  return text.trim() && Number.isFinite(number) ? number : undefined;
}

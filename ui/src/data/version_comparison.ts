/** Versions of a model side by side: the facts of each. */
import type { Lineage, ModelVersion } from "../api/types.gen";
import {
  type CompareHeading,
  type CompareRow,
  type CompareSection,
  type CompareValue,
  compareFacts,
  knownFacts,
} from "./comparison";
import type { Manifest } from "./manifest";
import { metricsOf, paramsOf } from "./version_origins";

/** One of the versions compared, as far as it has been loaded. */
export interface Compared {
  version: ModelVersion;
  lineage: Lineage | undefined;
  manifest: Manifest | null | undefined;
}

/** Headings and rows in order; sections that no version has anything for are left out. */
export function compareVersions(
  all: readonly Compared[],
  onlyDifferences: boolean,
): (CompareHeading | CompareRow)[] {
  const sections: CompareSection[] = [
    { name: VERSION_FACTS, facts: all.map(factsOf) },
    {
      name: "Metrics",
      facts: all.map(({ lineage }) => metricsOf(lineage?.model, lineage?.run)),
      isSorted: true,
    },
    {
      name: "Params",
      facts: all.map(({ lineage }) => paramsOf(lineage?.model, lineage?.run)),
      isSorted: true,
    },
    {
      name: "Tags",
      facts: all.map(
        ({ version }) => new Map(version.tags?.map((tag) => [tag.key, tag.value ?? ""])),
      ),
      isSorted: true,
    },
    // Signatures have an order of their own.
    { name: "Inputs", facts: all.map(({ manifest }) => fieldsOf(manifest?.signature?.inputs)) },
    { name: "Outputs", facts: all.map(({ manifest }) => fieldsOf(manifest?.signature?.outputs)) },
  ];
  return compareFacts(sections, { onlyDifferences });
}

/** The section and the facts whose values the page draws in its own way. */
export const VERSION_FACTS = "Version";
export const STAGE_FACT = "Stage";
export const ALIASES_FACT = "Aliases";
export const REGISTERED_FACT = "Registered";
export const RUN_FACT = "Source run";
export const COMMIT_FACT = "Commit";

function factsOf({ version, lineage, manifest }: Compared): Map<string, CompareValue> {
  return knownFacts([
    [STAGE_FACT, version.current_stage ?? "None"],
    [ALIASES_FACT, version.aliases?.join(", ") || undefined],
    ["Status", version.status === "READY" ? undefined : version.status],
    [REGISTERED_FACT, version.creation_timestamp],
    ["By", version.user_id || undefined],
    [RUN_FACT, version.run_id || undefined],
    [COMMIT_FACT, lineage?.code?.git_commit],
    [
      "Datasets",
      lineage?.datasets?.map(({ dataset }) => `${dataset.name} ${dataset.digest}`).join(", ") ||
        undefined,
    ],
    [
      "Flavours",
      manifest?.flavors
        .map(({ name }) => name)
        .filter((name) => name !== "python_function")
        .join(", ") || undefined,
    ],
    ["Description", version.description || undefined],
  ]);
}

function fieldsOf(
  fields: readonly { name: string; type: string; isRequired: boolean }[] = [],
): Map<string, CompareValue> {
  return new Map(
    fields.map(({ name, type, isRequired }, at) => [
      name || `#${at + 1}`,
      isRequired ? type : `${type}, optional`,
    ]),
  );
}

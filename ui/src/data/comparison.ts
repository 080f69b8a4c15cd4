/** Versions side by side: one row for each fact, one value for each version. */
import type { Lineage, ModelVersion } from "../api/types.gen";
import type { Manifest } from "./manifest";
import { metricsOf, paramsOf } from "./version_origins";

export type CompareSection = "Version" | "Metrics" | "Params" | "Tags" | "Inputs" | "Outputs";

/** One of the versions compared, as far as it has been loaded. */
export interface Compared {
  version: ModelVersion;
  lineage: Lineage | undefined;
  manifest: Manifest | null | undefined;
}

export type CompareValue = string | number | undefined;

export interface CompareRow {
  kind: "row";
  section: CompareSection;
  key: string;
  values: CompareValue[];
  differs: boolean;
}

export interface CompareHeading {
  kind: "heading";
  section: CompareSection;
  /** Rows shown, of how many. */
  shown: number;
  total: number;
}

const compare = new Intl.Collator("en", { numeric: true }).compare;

/** Headings and rows in order; sections that no version has anything for are left out. */
export function compareVersions(
  all: readonly Compared[],
  onlyDifferences: boolean,
): (CompareHeading | CompareRow)[] {
  const sections: [CompareSection, ReadonlyMap<string, CompareValue>[]][] = [
    ["Version", all.map(factsOf)],
    ["Metrics", all.map(({ lineage }) => metricsOf(lineage?.model, lineage?.run))],
    ["Params", all.map(({ lineage }) => paramsOf(lineage?.model, lineage?.run))],
    [
      "Tags",
      all.map(({ version }) => new Map(version.tags?.map((tag) => [tag.key, tag.value ?? ""]))),
    ],
    ["Inputs", all.map(({ manifest }) => fieldsOf(manifest?.signature?.inputs))],
    ["Outputs", all.map(({ manifest }) => fieldsOf(manifest?.signature?.outputs))],
  ];
  return sections.flatMap(([section, maps]) => {
    const rows = rowsOf(section, maps);
    if (rows.length === 0) return [];
    const shown = onlyDifferences ? rows.filter((row) => row.differs) : rows;
    const heading: CompareHeading = {
      kind: "heading",
      section,
      shown: shown.length,
      total: rows.length,
    };
    return [heading, ...shown];
  });
}

function rowsOf(
  section: CompareSection,
  maps: readonly ReadonlyMap<string, CompareValue>[],
): CompareRow[] {
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))];
  // Facts and signatures have an order of their own.
  if (section === "Metrics" || section === "Params" || section === "Tags") keys.sort(compare);
  return keys.map((key) => {
    const values = maps.map((map) => map.get(key));
    const differs = values.some((value) => !Object.is(value, values[0]));
    return { kind: "row", section, key, values, differs };
  });
}

/** The facts whose values the page draws in its own way are named here and looked up there. */
export const STAGE_FACT = "Stage";
export const ALIASES_FACT = "Aliases";
export const REGISTERED_FACT = "Registered";
export const RUN_FACT = "Source run";
export const COMMIT_FACT = "Commit";

function factsOf({ version, lineage, manifest }: Compared): Map<string, CompareValue> {
  const facts: [string, CompareValue][] = [
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
  ];
  return new Map(facts.filter(([, value]) => value !== undefined));
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

/** How far a number is from the first version's, in words; undefined where that says nothing. */
export function distance(value: CompareValue, first: CompareValue): number | undefined {
  if (typeof value !== "number" || typeof first !== "number") return undefined;
  const difference = value - first;
  return Number.isFinite(difference) && difference !== 0 ? difference : undefined;
}

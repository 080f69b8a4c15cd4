/** Runs side by side: the facts of each, and the numbers of their metrics. */
import { useQuery } from "@tanstack/react-query";
import { postOwn } from "../api/client";
import type { Run, RunTable } from "../api/types.gen";
import { cellOf, rowOf } from "./columns";
import {
  type CompareHeading,
  type CompareRow,
  type CompareSection,
  type CompareValue,
  type CompareWanted,
  compareFacts,
  knownFacts,
} from "./comparison";
import { quoted } from "./language";
import { toNumber } from "./numbers";
import { gatherRuns } from "./version_origins";

/** More runs than this are not compared: nobody looks through so many columns. */
export const MOST_COMPARED = 200;

/** The runs of these ids in their order; those that are gone are missing. */
export function useComparedRuns(run_ids: readonly string[]) {
  return useQuery({
    queryKey: ["runs", "compared", run_ids],
    queryFn: async ({ signal }) => {
      const found = await gatherRuns(run_ids, signal);
      return run_ids.flatMap((run_id) => found.get(run_id) ?? []);
    },
    placeholderData: (previous) => previous,
  });
}

/** Which number of a metric stands in the table: the last one logged, or an extreme. */
export type MetricValue = "last" | "min" | "max";

/** The server answers for at most so many columns at once. */
const MOST_COLUMNS = 1_000;

type Numbers = ReadonlyMap<string, number>;

/** An extreme of all metrics of each run, by run and key; nothing is asked for the last values. */
export function useExtremeMetrics(runs: readonly Run[], value: MetricValue) {
  const run_ids = runs.map((run) => run.info.run_id);
  const experiment_ids = [...new Set(runs.map((run) => run.info.experiment_id))];
  const keys = [...new Set(runs.flatMap((run) => run.data?.metrics?.map(({ key }) => key) ?? []))];
  return useQuery({
    queryKey: ["runs", "extremes", run_ids, keys, value],
    queryFn: async ({ signal }) => {
      const found = new Map<string, Map<string, number>>(run_ids.map((id) => [id, new Map()]));
      for (let at = 0; at < keys.length; at += MOST_COLUMNS) {
        const columns = keys
          .slice(at, at + MOST_COLUMNS)
          .map((key) => ({ kind: "metric" as const, key, aggregate: value }));
        const filter = `attributes.run_id IN (${run_ids.map(quoted).join(", ")})`;
        const table = await postOwn<RunTable>(
          "runs/table",
          { experiment_ids, filter, run_view_type: "ALL", columns },
          signal,
        );
        note(table, found);
      }
      return found as ReadonlyMap<string, Numbers>;
    },
    enabled: value !== "last" && keys.length > 0,
  });
}

function note(table: RunTable, found: ReadonlyMap<string, Map<string, number>>): void {
  for (const { key, numbers = [] } of table.columns) {
    for (const [at, number] of numbers.entries()) {
      if (number !== null) found.get(table.run_ids[at] ?? "")?.set(key, toNumber(number));
    }
  }
}

/** The section and the facts whose values the page draws in its own way. */
export const RUN_FACTS = "Run";
export const METRICS = "Metrics";
export const STATUS_FACT = "Status";
export const STARTED_FACT = "Started";
export const DURATION_FACT = "Duration";
export const COMMIT_FACT = "Commit";
export const PARENT_FACT = "Parent";

/** Headings and rows of a comparison: what the runs are, and all that they logged. */
export function compareRuns(
  runs: readonly Run[],
  extremes: ReadonlyMap<string, Numbers> | undefined,
  wanted: CompareWanted,
): (CompareHeading | CompareRow)[] {
  const rows = runs.map(rowOf);
  const sections: CompareSection[] = [
    { name: RUN_FACTS, facts: runs.map(factsOf) },
    {
      name: METRICS,
      facts: rows.map(({ run, metrics }) => extremes?.get(run.info.run_id) ?? metrics),
      isSorted: true,
    },
    { name: "Params", facts: rows.map(({ params }) => params), isSorted: true },
    { name: "Tags", facts: rows.map(({ tags }) => ownTags(tags)), isSorted: true },
    { name: "Datasets", facts: runs.map(datasetsOf), isSorted: true },
  ];
  return compareFacts(sections, wanted);
}

function factsOf(run: Run): Map<string, CompareValue> {
  const { info } = run;
  const row = rowOf(run);
  const fact = (key: string) => cellOf(row, "attributes", key);
  const isEnded = info.start_time != null && info.end_time != null;
  return knownFacts([
    [STATUS_FACT, info.status],
    [STARTED_FACT, info.start_time ?? undefined],
    [DURATION_FACT, isEnded ? (info.end_time ?? 0) - (info.start_time ?? 0) : undefined],
    ["User", fact("user_id")],
    ["Source", fact("source")],
    [PARENT_FACT, row.tags.get("mlflow.parentRunId")],
    ["Models", run.outputs?.model_outputs?.length || undefined],
    ["Notes", row.tags.get("mlflow.note.content")],
  ]);
}

function ownTags(tags: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...tags].filter(([key]) => !key.startsWith("mlflow.")));
}

/** Datasets by name and what they were used for; the value is the digest. */
function datasetsOf(run: Run): Map<string, CompareValue> {
  const inputs = run.inputs?.dataset_inputs ?? [];
  return new Map(
    inputs.map(({ dataset, tags = [] }) => {
      const context = tags.find(({ key }) => key === "mlflow.data.context")?.value;
      return [context ? `${dataset.name} (${context})` : dataset.name, dataset.digest];
    }),
  );
}

/** Where the code of the runs is from, and the packages of their models. */
export function compareCode(
  runs: readonly Run[],
  packages: readonly ReadonlyMap<string, string>[],
  wanted: CompareWanted,
): (CompareHeading | CompareRow)[] {
  const sections: CompareSection[] = [
    { name: "Code", facts: runs.map(codeOf) },
    { name: "Packages", facts: packages, isSorted: true },
  ];
  return compareFacts(sections, wanted);
}

const CODE_TAGS: [name: string, tag: string][] = [
  [COMMIT_FACT, "mlflow.source.git.commit"],
  ["Branch", "mlflow.source.git.branch"],
  ["Repository", "mlflow.source.git.repoURL"],
  ["Source", "mlflow.source.name"],
  ["Kind of source", "mlflow.source.type"],
  ["Entry point", "mlflow.project.entryPoint"],
  ["Backend", "mlflow.project.backend"],
];

function codeOf(run: Run): Map<string, CompareValue> {
  const { tags } = rowOf(run);
  return knownFacts(CODE_TAGS.map(([name, tag]) => [name, tags.get(tag)]));
}

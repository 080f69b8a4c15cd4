/** The rows of a run's list, in order: a heading for each section, then what is in it. */
import type { DatasetInput, Run } from "../../api/types.gen";
import { isSystemTag, type RunRow } from "../../data/columns";
import { byName } from "../../data/order";

export type Fact =
  | { kind: "heading"; section: string; count: number; isFolded: boolean }
  | { kind: "param"; key: string; value: string }
  | { kind: "metric-names" }
  | { kind: "metric"; key: string; value: number; step: number }
  | { kind: "tag"; key: string; value: string }
  | { kind: "new-tag" }
  | { kind: "dataset"; input: DatasetInput }
  | { kind: "model"; model_id: string; step: number | undefined; role: "output" | "input" };

/** The facts whose name or value contains `text`; folded sections keep their heading only. */
export function factsOf(row: RunRow, text: string, folded: ReadonlySet<string>): Fact[] {
  const wanted = text.toLowerCase();
  const matches = (...words: string[]) => words.some((word) => word.toLowerCase().includes(wanted));
  const sections: [string, Fact[], before: Fact[], after: Fact[]][] = [
    ["Params", params(row, matches), [], []],
    ["Metrics", metrics(row, matches), [{ kind: "metric-names" }], []],
    ["Tags", tags(row, matches, false), [], text ? [] : [{ kind: "new-tag" }]],
    ["Datasets", datasets(row, matches), [], []],
    ["Models", models(row, matches), [], []],
    ["System tags", tags(row, matches, true), [], []],
  ];
  return sections.flatMap(([section, facts, before, after]) => {
    if (facts.length === 0 && after.length === 0) return [];
    const isFolded = folded.has(section);
    const heading: Fact = { kind: "heading", section, count: facts.length, isFolded };
    return isFolded ? [heading] : [heading, ...before, ...facts, ...after];
  });
}

type Matches = (...words: string[]) => boolean;

function params(row: RunRow, matches: Matches): Fact[] {
  return [...row.params]
    .filter(([key, value]) => matches(key, value))
    .sort(([a], [b]) => byName(a, b))
    .map(([key, value]) => ({ kind: "param", key, value }));
}

function metrics(row: RunRow, matches: Matches): Fact[] {
  const steps = new Map(row.run.data?.metrics?.map((metric) => [metric.key, metric.step ?? 0]));
  return [...row.metrics]
    .filter(([key]) => matches(key))
    .sort(([a], [b]) => byName(a, b))
    .map(([key, value]) => ({ kind: "metric", key, value, step: steps.get(key) ?? 0 }));
}

/** Those of people, or those that clients set by themselves. */
function tags(row: RunRow, matches: Matches, areOfSystem: boolean): Fact[] {
  return [...row.tags]
    .filter(([key, value]) => isSystemTag(key) === areOfSystem && matches(key, value))
    .sort(([a], [b]) => byName(a, b))
    .map(([key, value]) => ({ kind: "tag", key, value }));
}

function datasets(row: RunRow, matches: Matches): Fact[] {
  return (row.run.inputs?.dataset_inputs ?? [])
    .filter(({ dataset }) => matches(dataset.name, dataset.digest))
    .map((input) => ({ kind: "dataset", input }));
}

function models(row: RunRow, matches: Matches): Fact[] {
  const produced: Fact[] = (row.run.outputs?.model_outputs ?? [])
    .filter(({ model_id }) => matches(model_id))
    .map(({ model_id, step }) => ({ kind: "model", model_id, step, role: "output" }));
  const read: Fact[] = (row.run.inputs?.model_inputs ?? [])
    .filter(({ model_id }) => matches(model_id))
    .map(({ model_id }) => ({ kind: "model", model_id, step: undefined, role: "input" }));
  return [...produced, ...read];
}

/** The logged models that the run made, the last one first, each once. */
export function modelIdsOf(run: Run): string[] {
  const outputs = run.outputs?.model_outputs ?? [];
  return [...new Set(outputs.map(({ model_id }) => model_id).reverse())];
}

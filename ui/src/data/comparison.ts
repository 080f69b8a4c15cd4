/** Things side by side: one row for each fact, one value for each of the things compared. */
import { byName } from "./order";

export type CompareValue = string | number | undefined;

/** What some facts are about, and the facts of each of the things compared. */
export interface CompareSection {
  name: string;
  facts: readonly ReadonlyMap<string, CompareValue>[];
  /** Whether the rows stand in the order of their names; else as they came. */
  isSorted?: boolean;
}

export interface CompareRow {
  kind: "row";
  section: string;
  key: string;
  values: CompareValue[];
  differs: boolean;
}

export interface CompareHeading {
  kind: "heading";
  section: string;
  /** Rows shown, of how many. */
  shown: number;
  total: number;
}

/** Which rows are wanted: those that differ, those whose name contains a text. */
export interface CompareWanted {
  onlyDifferences: boolean;
  find?: string;
}

/** Headings and rows in order; sections that nothing is known for are left out. */
export function compareFacts(
  sections: readonly CompareSection[],
  { onlyDifferences, find = "" }: CompareWanted,
): (CompareHeading | CompareRow)[] {
  const text = find.toLowerCase();
  return sections.flatMap((section) => {
    const rows = rowsOf(section).filter(({ key }) => key.toLowerCase().includes(text));
    if (rows.length === 0) return [];
    const shown = onlyDifferences ? rows.filter((row) => row.differs) : rows;
    const heading: CompareHeading = {
      kind: "heading",
      section: section.name,
      shown: shown.length,
      total: rows.length,
    };
    return [heading, ...shown];
  });
}

function rowsOf({ name, facts, isSorted }: CompareSection): CompareRow[] {
  const keys = [...new Set(facts.flatMap((map) => [...map.keys()]))];
  if (isSorted) keys.sort(byName);
  return keys.map((key) => {
    const values = facts.map((map) => map.get(key));
    const differs = values.some((value) => !Object.is(value, values[0]));
    return { kind: "row", section: name, key, values, differs };
  });
}

/** The facts that are known. */
export function knownFacts(facts: readonly [string, CompareValue][]): Map<string, CompareValue> {
  return new Map(facts.filter(([, value]) => value !== undefined));
}

/** How far a number is from the first one's; undefined where that says nothing. */
export function distance(value: CompareValue, first: CompareValue): number | undefined {
  if (typeof value !== "number" || typeof first !== "number") return undefined;
  const difference = value - first;
  return Number.isFinite(difference) && difference !== 0 ? difference : undefined;
}

/** Which numbers of a metric are good. */
export type Direction = "higher" | "lower";

/** The places of the best of some values; none if all are alike or nothing is a number. */
export function bestOf(values: readonly CompareValue[], better: Direction): ReadonlySet<number> {
  const numbers = values.filter(
    (value): value is number => typeof value === "number" && !Number.isNaN(value),
  );
  const best = better === "higher" ? Math.max(...numbers) : Math.min(...numbers);
  if (numbers.length < 2 || numbers.every((value) => value === best)) return new Set();
  return new Set(values.flatMap((value, at) => (value === best ? [at] : [])));
}

const LOWER =
  /(^|[\W_])(loss|error|err|mse|rmse|mae|mape|perplexity|nll|logloss|latency)($|[\W_\d])/i;
const HIGHER =
  /(^|[\W_])(acc|accuracy|auc|roc|f1|precision|recall|score|r2|iou|bleu|rouge|map|ndcg|reward)($|[\W_\d])/i;

/** The usual meaning of a metric by its name; undefined where the name says neither or both. */
export function usualDirection(metric_key: string): Direction | undefined {
  const isLower = LOWER.test(metric_key);
  if (isLower === HIGHER.test(metric_key)) return undefined;
  return isLower ? "lower" : "higher";
}

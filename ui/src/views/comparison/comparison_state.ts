/** The state of the comparison of runs, kept in the page's address. */
import { changeQuery, joinList, splitList, useAddress } from "../../data/address";
import { type Direction, usualDirection } from "../../data/comparison";
import { type MetricValue, MOST_COMPARED } from "../../data/run_comparison";
import { joinRunIds, splitRunIds } from "../../data/run_ids";

export const VIEWS = [
  { value: "table", label: "Table" },
  { value: "charts", label: "Charts" },
  { value: "images", label: "Images" },
  { value: "files", label: "Files" },
  { value: "code", label: "Code" },
] as const;
export type ComparisonView = (typeof VIEWS)[number]["value"];

export interface ComparisonState {
  run_ids: readonly string[];
  view: ComparisonView;
  onlyDifferences: boolean;
  /** Which number of a metric stands in the table. */
  value: MetricValue;
  /** Runs as lines, facts as columns. */
  isTurned: boolean;
  /** Part of the names of the facts to show. */
  find: string;
  /** What a reader said about metrics; the others go by their names. */
  directions: ReadonlyMap<string, Direction | "neither">;
  /** The file that is compared, and the runs whose files are compared line by line. */
  path: string | undefined;
  left: string | undefined;
  right: string | undefined;
}

/** Reads the state of an address. */
export function parseComparison(query: URLSearchParams): ComparisonState {
  const value = query.get("value");
  return {
    run_ids: [...new Set(splitRunIds(query.get("runs")))].slice(0, MOST_COMPARED),
    view: VIEWS.find((view) => view.value === query.get("view"))?.value ?? "table",
    onlyDifferences: query.get("rows") !== "all",
    value: value === "min" || value === "max" ? value : "last",
    isTurned: query.get("turned") === "1",
    find: query.get("find") ?? "",
    directions: new Map(splitList(query.get("better")).flatMap(parseDirection)),
    path: query.get("path") || undefined,
    left: query.get("left") || undefined,
    right: query.get("right") || undefined,
  };
}

function parseDirection(text: string): [string, Direction | "neither"][] {
  const colon = text.lastIndexOf(":");
  const word = text.slice(colon + 1);
  return colon > 0 && (word === "higher" || word === "lower" || word === "neither")
    ? [[text.slice(0, colon), word]]
    : [];
}

/** The state as the address carries it; what is as usual is undefined. */
export function formatComparison(state: ComparisonState): Record<string, string | undefined> {
  return {
    runs: joinRunIds(state.run_ids),
    view: state.view === "table" ? undefined : state.view,
    rows: state.onlyDifferences ? undefined : "all",
    value: state.value === "last" ? undefined : state.value,
    turned: state.isTurned ? "1" : undefined,
    find: state.find || undefined,
    better: joinList([...state.directions].map(([key, word]) => `${key}:${word}`)) || undefined,
    path: state.path,
    left: state.left,
    right: state.right,
  };
}

export type ChangeComparison = (changes: Partial<ComparisonState>) => void;

/** The state and how to change it. */
export function useComparisonState(): [ComparisonState, ChangeComparison] {
  const state = parseComparison(useAddress().query);
  return [state, (changes) => changeQuery(formatComparison({ ...state, ...changes }))];
}

/** Which way a metric is better: as a reader said, else as its name says. */
export function directionOf(state: ComparisonState, metric_key: string): Direction | undefined {
  const said = state.directions.get(metric_key) ?? usualDirection(metric_key);
  return said === "neither" ? undefined : said;
}

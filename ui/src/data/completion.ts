/** What could come next in a filter: names, operators, values, AND and OR. */
import type { Census } from "./column_facts";
import { columnOf, filterName, fullLabelOf, type Group, type RunColumn } from "./columns";
import { quoted } from "./language";

interface Token {
  kind: "word" | "text" | "open" | "sign" | "punctuation";
  text: string;
  start: number;
  end: number;
}

const GRAMMAR =
  /(?<text>'[^']*'|"[^"]*"(?!\.))|(?<open>['"][^'"]*$)|(?<word>(?:[^\s=<>!(),'"`]|`[^`]*(?:`|$)|(?<=\.)"[^"]*")+)|(?<sign>[=<>!]+)|(?<punctuation>[(),])/g;

function tokensOf(text: string): Token[] {
  return [...text.matchAll(GRAMMAR)].map((match) => {
    const kind = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0];
    const start = match.index;
    return { kind: kind as Token["kind"], text: match[0], start, end: start + match[0].length };
  });
}

/** What may stand at a place of a filter; `typed` of it is there from `start` on. */
export interface Place {
  expected: "name" | "operator" | "value" | "connective" | "nothing";
  start: number;
  typed: string;
  /** The name that an operator or value belongs to. */
  name: string;
}

/** What is expected at the end of a text, which is a filter up to the cursor. */
export function placeIn(text: string): Place {
  const tokens = tokensOf(text);
  const last = tokens.at(-1);
  const isTyping = last !== undefined && last.end === text.length && last.kind !== "punctuation";
  const isPart = isTyping && (last.kind === "word" || last.kind === "open" || last.kind === "sign");
  const before = isPart ? tokens.slice(0, -1) : tokens;
  const { expected, name } = walk(before);
  const start = isPart ? last.start : text.length;
  // Behind a complete value something else may follow only after a space.
  if (isTyping && !isPart) return { expected: "nothing", start, typed: "", name };
  return { expected, start, typed: text.slice(start), name };
}

type State = Place["expected"] | "rest of null" | "and of between" | "item";

function walk(tokens: readonly Token[]): { expected: Place["expected"]; name: string } {
  let state: State = "name";
  let name = "";
  let isList = false;
  let isBetween = false;
  for (const { kind, text } of tokens) {
    const word = kind === "word" ? text.toUpperCase() : text;
    if (state === "name") {
      if (["AND", "OR", "NOT", "("].includes(word)) continue;
      name = text;
      state = "operator";
      isList = false;
      isBetween = false;
    } else if (state === "operator") {
      if (word === "NOT") continue;
      if (word === "IS") state = "rest of null";
      else state = "value";
      if (word === "BETWEEN") isBetween = true;
    } else if (state === "rest of null") {
      if (word === "NULL") state = "connective";
    } else if (state === "value") {
      if (word === "(") isList = true;
      else if (isList) state = "item";
      else state = isBetween ? "and of between" : "connective";
    } else if (state === "item") {
      if (word === ",") state = "value";
      else if (word === ")") state = "connective";
    } else if (state === "and of between") {
      state = "value";
      isBetween = false;
    } else if (word === "AND" || word === "OR") state = "name";
  }
  if (state === "rest of null" || state === "and of between" || state === "item") {
    return { expected: "nothing", name };
  }
  return { expected: state, name };
}

/** One thing that could come next. */
export interface Suggestion {
  /** What is written in place of what was typed. */
  text: string;
  label: string;
  hint?: string;
}

const PREFIXES: Record<string, Group> = {
  metric: "metrics",
  param: "params",
  parameter: "params",
  parameters: "params",
  tag: "tags",
  attribute: "attributes",
  attr: "attributes",
  run: "attributes",
};

/** What names begin with: a word of these alone names nothing. */
const BEGINNINGS = new Set([
  ...Object.keys(PREFIXES),
  ...["metrics", "params", "tags", "attributes", "dataset", "datasets"],
]);

/** The column that a name in a filter means. */
export function columnNamed(name: string): RunColumn | undefined {
  const dot = name.indexOf(".");
  const key = name.slice(dot + 1).replace(/^(["`])(.*)\1$/, "$2");
  if (dot < 0) return columnOf(`attributes.${key}`);
  const prefix = name.slice(0, dot);
  if (/^datasets?$/.test(prefix))
    return key === "name" ? columnOf("attributes.datasets") : undefined;
  return columnOf(`${PREFIXES[prefix] ?? prefix}.${key}`);
}

const NUMBERS = ["<", "<=", ">", ">=", "=", "!=", "BETWEEN"];
const TEXTS = ["=", "!=", "LIKE", "ILIKE", "RLIKE", "IN", "NOT IN"];
const PRESENCE = ["IS NULL", "IS NOT NULL"];
const NUMERIC = new Set(["start_time", "end_time"]);
const MORE_NAMES = [
  "attributes.run_name",
  "attributes.artifact_uri",
  "datasets.digest",
  "datasets.context",
];
const STATUSES = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];
const TIMES = ["ago(1h)", "ago(1d)", "ago(7d)", "ago(30d)"];
const MOST = 50;

/** What could come at a place; `values` are those that the server knows of the column. */
export function suggestionsAt(
  place: Place,
  census: Census,
  values: readonly string[],
): Suggestion[] {
  const { expected, typed, name } = place;
  if (expected === "name") return names(census, typed);
  const column = columnNamed(name);
  if (expected === "operator") return beginning(operatorsOf(column), typed).map(followed);
  if (expected === "connective") return beginning(["AND", "OR"], typed).map(followed);
  if (expected !== "value" || !column) return [];
  if (column.group === "attributes" && NUMERIC.has(column.key)) {
    return beginning(TIMES, typed).map(followed);
  }
  const known = column.id === "attributes.status" ? STATUSES : values;
  const wanted = typed.replace(/^['"]/, "").toLowerCase();
  return known
    .filter((value) => value.toLowerCase().startsWith(wanted))
    .map((value) => ({ text: `${quoted(value)} `, label: value.slice(0, 200) }));
}

function followed(word: string): Suggestion {
  return { text: word === "IN" || word === "NOT IN" ? `${word} (` : `${word} `, label: word };
}

function beginning(words: readonly string[], typed: string): string[] {
  return words.filter((word) => word.startsWith(typed.toUpperCase()) || word.startsWith(typed));
}

function operatorsOf(column: RunColumn | undefined): string[] {
  if (!column) return [...TEXTS, ...PRESENCE];
  const { group, key } = column;
  if (group === "params") return [...new Set([...TEXTS, ...NUMBERS]), ...PRESENCE];
  const isNumber = group === "metrics" || (group === "attributes" && NUMERIC.has(key));
  return [...(isNumber ? NUMBERS : TEXTS), ...PRESENCE];
}

function names(census: Census, typed: string): Suggestion[] {
  const wanted = typed.toLowerCase().replace(/[`"]/g, "");
  const found: Suggestion[] = [];
  const offer = (name: string | undefined, label: string) => {
    if (!name || !`${name.replace(/[`"]/g, "")} ${label}`.toLowerCase().includes(wanted)) return;
    found.push({ text: `${name} `, label: name, ...(label && { hint: label }) });
  };
  for (const column of census.columns) {
    const label = column.group === "attributes" ? fullLabelOf(column) : "";
    offer(filterName(column), label);
  }
  for (const name of MORE_NAMES) offer(name, "");
  const rank = ({ label }: Suggestion) => {
    const key = label.slice(label.indexOf(".") + 1).toLowerCase();
    return key.startsWith(wanted) || label.toLowerCase().startsWith(wanted) ? 0 : 1;
  };
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, MOST);
}

/** A text with a suggestion in place of what was typed, and where the cursor goes. */
export function completed(text: string, cursor: number, place: Place, suggestion: Suggestion) {
  const rest = text
    .slice(cursor)
    .replace(/^[\w.`'"]*/, "")
    .trimStart();
  const start = text.slice(0, place.start).padEnd(place.start) + suggestion.text;
  return { text: start + rest, cursor: start.length };
}

/**
 * What stands before the next word of a filter that ends too early: a space follows, unless it is
 * within a name that has only begun.
 */
export function beforeMissing(text: string): string {
  const begun = text.trimEnd();
  const last = tokensOf(begun).at(-1);
  const isName = last?.kind === "word" && placeIn(begun).expected === "name";
  const [prefix = "", key = ""] = last?.text.split(".") ?? [];
  return isName && key === "" && BEGINNINGS.has(prefix) ? begun : `${begun} `;
}

/** Whether the server misses something behind all that a filter says. */
export function isAtEnd(text: string, position: number | undefined): boolean {
  return position !== undefined && position >= text.trimEnd().length;
}

/** The word at a position of a filter, of which the server said that it is wrong there. */
export function wordAt(text: string, position: number): { start: number; end: number } {
  const at = Math.min(position, text.length);
  const token = tokensOf(text).find(({ start, end }) => start <= at && at < end);
  if (token) return { start: token.start, end: token.end };
  const end = text.trimEnd().length;
  return at >= end ? { start: end, end: end + 1 } : { start: at, end: at + 1 };
}

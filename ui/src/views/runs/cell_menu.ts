/** What the menu of a cell offers: filters that follow from its value, and what to do with its run. */
import { type CellValue, columnOf, filterName, NAME_COLUMN } from "../../data/columns";
import { allOf, quoted, runFilter } from "../../data/language";
import { exactNumber, looksNumeric } from "../../data/numbers";
import { basicsOf, type RunLine, valueIn } from "../../data/table_lines";
import type { MenuEntry } from "../../widgets/menu";

const LONGEST = 40;

/** The name of a column in a filter, and a value as the filter writes it. */
function comparable(id: string, value: CellValue): [name: string, text: string] | undefined {
  const column = columnOf(id);
  const name = id === NAME_COLUMN ? NAME_COLUMN : column && filterName(column);
  if (!name || value === undefined) return undefined;
  if (typeof value === "string") return [name, quoted(value)];
  return Number.isFinite(value) ? [name, exactNumber(value)] : undefined;
}

/** Clauses that keep what has this value, what has not, and, of numbers, what is beyond it. */
export function filterClauses(id: string, value: CellValue): string[] {
  const column = columnOf(id);
  if (value === undefined) {
    const name = column && filterName(column);
    return name ? [`${name} IS NULL`, `${name} IS NOT NULL`] : [];
  }
  const pair = comparable(id, value);
  if (!pair) return [];
  const [name, text] = pair;
  const clauses = [`${name} = ${text}`, `${name} != ${text}`];
  // Numbers among the params compare as such when they are written without quotes.
  const isNumber = typeof value === "number" || (column?.isNumeric ?? column?.group === "params");
  const plain = typeof value === "number" ? text : value;
  if (isNumber && looksNumeric(plain)) clauses.push(`${name} >= ${plain}`, `${name} <= ${plain}`);
  return clauses;
}

/** The clauses in words, as entries of a menu. */
export function quickFilters(
  id: string,
  value: CellValue,
  filter: string,
  onFilter: (filter: string) => void,
): MenuEntry[] {
  const text = value === undefined ? "" : typeof value === "string" ? `“${value}”` : String(value);
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  const plain = shown.replace(/[“”]/g, "");
  const words =
    value === undefined
      ? ["Only without a value", "Only with a value"]
      : [`Only ${shown}`, `Not ${shown}`, `At least ${plain}`, `At most ${plain}`];
  return filterClauses(id, value).map((clause, at) => ({
    label: words[at] ?? clause,
    icon: "filter",
    onSelect: () => onFilter(allOf([runFilter(filter), clause])),
  }));
}

/** The value of a run in a column, also in that of the name. */
export function valueFor(line: RunLine, id: string): CellValue | null {
  const info = basicsOf(line);
  if (id === NAME_COLUMN) return info.run_name;
  return valueIn(line, id);
}

/** The value as text to copy; undefined if there is none. */
export function copyText(value: CellValue | null): string | undefined {
  if (value == null) return undefined;
  return typeof value === "number" ? exactNumber(value) : value;
}

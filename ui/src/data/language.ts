/** The search language: how this UI writes it. */

/** An identifier such as metrics.`val loss`; plain keys stay unquoted. */
export function identifier(entity: string, key: string): string {
  // Of a metric a dot might begin what is asked of it, such as its min.
  const plain = entity === "metrics" ? /^[A-Za-z_]\w*$/ : /^[A-Za-z_][\w.]*$/;
  if (plain.test(key)) return `${entity}.${key}`;
  return key.includes("`") ? `${entity}."${key}"` : `${entity}.\`${key}\``;
}

/** A quoted text; the language has no escape, so a text with both quotes loses its double ones. */
export function quoted(text: string): string {
  return text.includes("'") ? `"${text.replaceAll('"', "_")}"` : `'${text}'`;
}

/** What a name contains, whatever the case; `_` and `%` mean themselves only by luck of the match. */
export function nameContains(attribute: string, text: string): string {
  return `${attribute} ILIKE ${quoted(`%${text}%`)}`;
}

/** A word that begins like what was logged is meant as such, though the rest is still missing. */
const BEGUN = /^\W*(metrics?|params?|parameters?|tags?|attr|attributes?|datasets?)\./i;

/** Plain words, not an expression, are meant as part of a name. */
export function filterOf(text: string, nameAttribute: string): string {
  const words = text.trim();
  if (!words) return "";
  const isExpression =
    BEGUN.test(words) || /[=<>!'"`()]|\s(i?like|rlike|in|is|between)\s|^not\s/i.test(` ${words} `);
  return isExpression ? words : nameContains(nameAttribute, words);
}

/** The filter of the runs table. */
export function runFilter(text: string): string {
  return filterOf(text, "attributes.run_name");
}

/** Runs that are in one of these states; nothing for none. */
export function statusFilter(statuses: readonly string[]): string {
  if (statuses.length === 0) return "";
  return `attributes.status IN (${statuses.map(quoted).join(", ")})`;
}

/** What meets all of these filters. */
export function allOf(filters: readonly string[]): string {
  const some = filters.filter(Boolean);
  const isLoose = (filter: string) => some.length > 1 && /\bor\b/i.test(filter);
  return some.map((filter) => (isLoose(filter) ? `(${filter})` : filter)).join(" AND ");
}

/** The filter of a model's versions: a number is a version, an expression itself. */
export function versionFilter(name: string, text: string): string {
  const words = text.trim();
  const own = `name = ${quoted(name)}`;
  if (!words) return own;
  const number = words.match(/^v?(\d+)$/i)?.[1];
  return `(${number ? `version_number = ${number}` : words}) AND ${own}`;
}

/** Reads `houses 4`, `houses/4`, `models:/houses/4`, `houses v4`. */
export function parseVersion(text: string): [name: string, number: string] | undefined {
  const found = text
    .replace(/^models:\/+/, "")
    .match(/^(.+?)(?:\s+v?|\/|\s+version\s+)([1-9]\d*)$/i);
  return found ? [found[1] ?? "", found[2] ?? ""] : undefined;
}

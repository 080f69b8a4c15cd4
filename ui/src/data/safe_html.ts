/**
 * Tables and text out of HTML that others wrote, without anything that acts.
 *
 * The browser's own reader is not asked: it would report every style and handler that it meets.
 */
import { decodeNamedCharacterReference } from "decode-named-character-reference";

/** An element that only arranges text; attributes are gone but for the spans of table cells. */
export interface PlainElement {
  name: string;
  columns: number | undefined;
  rows: number | undefined;
  children: PlainNode[];
}

export type PlainNode = string | PlainElement;

const words = (text: string) => new Set(text.split(" "));
const KEPT = words(
  "table thead tbody tfoot tr th td caption p div span b strong i em u s sub sup small code pre br hr ul ol li dl dt dd h1 h2 h3 h4 h5 h6 blockquote",
);
const WITHOUT_CONTENT = words("br hr");
/** Elements whose content is no text to read. */
const DROPPED_WHOLE = words(
  "script style template iframe object embed noscript noembed noframes svg math title textarea select video audio canvas xmp",
);
/** What the beginning of an element ends, as far as the elements between do not hold it open. */
const ENDS: Record<string, { ends: Set<string>; within: Set<string> }> = {
  td: { ends: words("td th"), within: words("tr table") },
  th: { ends: words("td th"), within: words("tr table") },
  tr: { ends: words("tr"), within: words("table") },
  li: { ends: words("li"), within: words("ul ol") },
  p: { ends: words("p"), within: words("td th li div blockquote") },
};
const TOKEN =
  /<!--[\s\S]*?(?:-->|$)|<[!?][^<>]*>|<(\/?)([a-z][\w-]*)((?:"[^"]*"|'[^']*'|[^'"<>])*)>/gi;
const LONGEST = 2_000_000;
const DEEPEST = 60;
const WIDEST_SPAN = 1_000;

/** The text and its arrangement; `needsScripts` if something was there for scripts to fill. */
export function plainHtml(html: string): { nodes: PlainNode[]; needsScripts: boolean } {
  const text = html.slice(0, LONGEST);
  const root: PlainElement = { name: "", columns: undefined, rows: undefined, children: [] };
  const open = [root];
  const add = (node: PlainNode) => open.at(-1)?.children.push(node);
  let needsScripts = false;
  let at = 0;
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) {
    if (found.index > at) add(decoded(text.slice(at, found.index)));
    at = TOKEN.lastIndex;
    const name = (found[2] ?? "").toLowerCase();
    const isEnd = found[1] === "/";
    if (DROPPED_WHOLE.has(name) && !isEnd) {
      needsScripts ||= name === "script";
      at = endOf(text, name, at);
      TOKEN.lastIndex = at;
    } else if (KEPT.has(name)) {
      if (isEnd) close(open, name);
      else begin(open, name, found[3] ?? "");
    }
  }
  if (at < text.length) add(decoded(text.slice(at)));
  return { nodes: root.children, needsScripts };
}

function begin(open: PlainElement[], name: string, attributes: string): void {
  const rule = ENDS[name];
  if (rule) {
    const last = open.findLastIndex((each) => rule.ends.has(each.name));
    const holder = open.findLastIndex((each) => rule.within.has(each.name));
    if (last > holder) open.length = last;
  }
  const element: PlainElement = {
    name,
    columns: span(attributes, "colspan"),
    rows: span(attributes, "rowspan"),
    children: [],
  };
  open.at(-1)?.children.push(element);
  if (!WITHOUT_CONTENT.has(name) && open.length < DEEPEST) open.push(element);
}

function close(open: PlainElement[], name: string): void {
  const last = open.findLastIndex((each) => each.name === name);
  if (last > 0) open.length = last;
}

/** Where the element ends whose content is left out. */
function endOf(text: string, name: string, from: number): number {
  const end = new RegExp(`</${name}[^>]*>`, "gi");
  end.lastIndex = from;
  return end.exec(text) ? end.lastIndex : text.length;
}

function span(attributes: string, name: string): number | undefined {
  const [, value] = attributes.match(new RegExp(`\\b${name}\\s*=\\s*["']?(\\d{1,6})`, "i")) ?? [];
  const count = Number(value);
  return count > 1 ? Math.min(WIDEST_SPAN, count) : undefined;
}

function decoded(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z][a-z0-9]{1,30}));?/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return decodeNamedCharacterReference(name) || whole;
      const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
    },
  );
}

/** Text with the colours that terminals give it: SGR sequences of ECMA-48 and no others. */

/** A stretch of text that looks the same; `classes` are names of the stylesheet. */
export interface Span {
  text: string;
  classes: string;
  /** Colours that no name stands for, as CSS writes them. */
  colour?: string;
  ground?: string;
}

interface Style {
  flags: Set<string>;
  colour: string | undefined;
  ground: string | undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are told by control characters
const SEQUENCE = /\u001b\[([0-9;:]*)m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is left of them is no text
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const FLAGS: Record<number, string> = {
  1: "bold",
  2: "dim",
  3: "italic",
  4: "underlined",
  7: "inverse",
  9: "struck",
};
const ENDS: Record<number, string[]> = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["underlined"],
  27: ["inverse"],
  29: ["struck"],
};
/** The steps of each primary colour in the cube of 216 colours, as xterm has them. */
const CUBE = [0, 95, 135, 175, 215, 255];

/** The stretches of a line, in their order. */
export function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  const style: Style = { flags: new Set(), colour: undefined, ground: undefined };
  let from = 0;
  for (const sequence of line.matchAll(SEQUENCE)) {
    add(spans, line.slice(from, sequence.index), style);
    apply(style, (sequence[1] ?? "").split(/[;:]/).map(Number));
    from = sequence.index + sequence[0].length;
  }
  add(spans, line.slice(from), style);
  return spans;
}

/** A line without its colours. */
export function plainLine(line: string): string {
  return line.replace(SEQUENCE, "").replace(CONTROL, "");
}

/** The same stretches, cut where a text begins and ends that is to be marked. */
export function withMarks(spans: readonly Span[], wanted: string): (Span & { marked: boolean })[] {
  const whole = spans.map(({ text }) => text).join("");
  const places = placesOf(whole, wanted);
  const cut: (Span & { marked: boolean })[] = [];
  let at = 0;
  for (const span of spans) {
    const end = at + span.text.length;
    const edges = places.flat().filter((x) => x > at && x < end);
    for (const [place, start] of [at, ...edges].entries()) {
      const stop = edges[place] ?? end;
      const marked = places.some(([first, last]) => start >= first && start < last);
      cut.push({ ...span, text: whole.slice(start, stop), marked });
    }
    at = end;
  }
  return cut.filter(({ text }) => text !== "");
}

function placesOf(whole: string, wanted: string): [number, number][] {
  const [text, part] = [whole.toLowerCase(), wanted.toLowerCase()];
  const places: [number, number][] = [];
  // Letters that become longer in lower case would shift what comes after them.
  if (part === "" || text.length !== whole.length) return places;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
    places.push([at, at + part.length]);
  }
  return places;
}

function add(spans: Span[], text: string, style: Style): void {
  const shown = text.replace(CONTROL, "");
  if (shown === "") return;
  const named = (value: string | undefined, part: string) =>
    value?.startsWith("rgb") === false ? [`ansi-${part}${value}`] : [];
  const classes = [
    ...[...style.flags].map((flag) => `ansi-${flag}`),
    ...named(style.colour, ""),
    ...named(style.ground, "on-"),
  ];
  const span: Span = { text: shown, classes: classes.join(" ") };
  if (style.colour?.startsWith("rgb")) span.colour = style.colour;
  if (style.ground?.startsWith("rgb")) span.ground = style.ground;
  spans.push(span);
}

function apply(style: Style, codes: number[]): void {
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    const flag = FLAGS[code];
    if (code === 0) reset(style);
    else if (flag) style.flags.add(flag);
    else if (ENDS[code]) for (const ended of ENDS[code]) style.flags.delete(ended);
    else if (code === 38 || code === 48) {
      const [value, used] = extended(codes.slice(at + 1));
      if (code === 38) style.colour = value;
      else style.ground = value;
      at += used;
    } else setNamed(style, code);
  }
}

function reset(style: Style): void {
  style.flags.clear();
  style.colour = undefined;
  style.ground = undefined;
}

function setNamed(style: Style, code: number): void {
  if (code === 39) style.colour = undefined;
  else if (code === 49) style.ground = undefined;
  else if (code >= 30 && code <= 37) style.colour = NAMES[code - 30];
  else if (code >= 90 && code <= 97) style.colour = `bright-${NAMES[code - 90]}`;
  else if (code >= 40 && code <= 47) style.ground = NAMES[code - 40];
  else if (code >= 100 && code <= 107) style.ground = `bright-${NAMES[code - 100]}`;
}

/** A colour by number or by its parts, and how many codes said so. */
function extended(codes: readonly number[]): [string | undefined, number] {
  const [kind, first = Number.NaN, second = 0, third = 0] = codes;
  if (kind === 2) return [rgb(first, second, third), 4];
  return kind === 5 ? [byNumber(first), 2] : [undefined, codes.length];
}

function byNumber(number: number): string | undefined {
  if (!(number >= 0 && number <= 255)) return undefined;
  if (number < 8) return NAMES[number];
  if (number < 16) return `bright-${NAMES[number - 8]}`;
  if (number >= 232) {
    const grey = 8 + 10 * (number - 232);
    return rgb(grey, grey, grey);
  }
  const place = number - 16;
  const part = (size: number) => CUBE[Math.floor(place / size) % 6] ?? 0;
  return rgb(part(36), part(6), part(1));
}

function rgb(...parts: number[]): string {
  const bounded = parts.map((part) => Math.min(255, Math.max(0, Math.round(part) || 0)));
  return `rgb(${bounded.join(" ")})`;
}

/** An arrangement as the page's address carries it: only what differs from what comes by itself. */
import { joinList, splitList } from "../data/address";
import { columnOf } from "../data/columns";
import type { Arrangement, ChartKind, ChartSize, ChartSpec, LogAxes, Move } from "./arrangement";

/** Between the parts of an item: unlike a comma, rare in names, and never escaped in an address. */
const PART = "~";
const KINDS: readonly ChartKind[] = ["line", "scatter", "parallel", "contour", "box", "bar"];
const LOGS: readonly LogAxes[] = ["none", "x", "y", "xy"];

/** The parameters that hold an arrangement. */
export interface ArrangementText {
  charts: string | undefined;
  removed: string | undefined;
  sizes: string | undefined;
  moved: string | undefined;
  folded: string | undefined;
}

/** Writes an arrangement; what is as it comes is undefined. */
export function formatArrangement(arrangement: Arrangement): ArrangementText {
  const { specs, removed, sizes, moves, folded } = arrangement;
  return {
    charts: list([...specs].map(([id, spec]) => formatSpec(id, spec))),
    removed: list([...removed]),
    sizes: list([...sizes].map(([id, size]) => joinList([id, String(size)], PART))),
    moved: list(moves.map(({ id, before }) => joinList([id, before], PART))),
    folded: list([...folded]),
  };
}

function list(items: readonly string[]): string | undefined {
  return items.length > 0 ? joinList(items) : undefined;
}

function formatSpec(id: string, spec: ChartSpec): string {
  const parts = [id, spec.kind, ...spec.columns];
  if (spec.log) parts.push(`log=${spec.log}`);
  if (spec.title) parts.push(`title=${spec.title}`);
  return joinList(parts, PART);
}

/** Reads what `formatArrangement` wrote; items that make no sense are passed over. */
export function parseArrangement(query: URLSearchParams): Arrangement {
  const items = (name: keyof ArrangementText) => splitList(query.get(name));
  return {
    specs: new Map(items("charts").flatMap(parseSpec)),
    removed: new Set(items("removed")),
    sizes: new Map(items("sizes").flatMap(parseSize)),
    moves: items("moved").flatMap(parseMove),
    folded: new Set(items("folded")),
  };
}

function parseSpec(text: string): [string, ChartSpec][] {
  const [id, kindText, ...parts] = splitList(text, PART);
  const kind = KINDS.find((known) => known === kindText);
  if (!id || !kind) return [];
  const spec: ChartSpec = { kind, columns: parts.filter((part) => columnOf(part)) };
  for (const part of parts) {
    if (part.startsWith("title=")) spec.title = part.slice("title=".length);
    const log = LOGS.find((known) => part === `log=${known}`);
    if (log) spec.log = log;
  }
  return [[id, spec]];
}

function parseSize(text: string): [string, ChartSize][] {
  const [id, size] = splitList(text, PART);
  if (!id) return [];
  if (size === "full") return [[id, "full"]];
  return size === "2" ? [[id, 2]] : [];
}

function parseMove(text: string): Move[] {
  const [id, before] = splitList(text, PART);
  return id && before ? [{ id, before }] : [];
}

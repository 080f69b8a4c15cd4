/** Ids of many runs in an address, which others can still send and open. */
import { joinList, splitList } from "./address";

/** An id as servers make them: 16 bytes. Those that scripts chose stand as they are. */
const MADE_BY_SERVER = /^[0-9a-f]{32}$/;
const DIGITS = 32;

/** Fewer stand as they are, so that the address can be read. */
const FEWEST_PACKED = 5;

/** What no id begins with stands before packed ones. */
const PACKED = "~";

/**
 * Ids in one value, in their order. Neighbours that servers made are packed: their bytes in base 64,
 * 21 characters for each instead of 33, so that 200 runs are an address of 4,300.
 */
export function joinRunIds(run_ids: readonly string[]): string {
  const items: string[] = [];
  for (let at = 0; at < run_ids.length; ) {
    const end = endOfStretch(run_ids, at);
    if (end - at >= FEWEST_PACKED) items.push(pack(run_ids.slice(at, end)));
    else items.push(...run_ids.slice(at, Math.max(end, at + 1)));
    at = Math.max(end, at + 1);
  }
  return joinList(items);
}

/** The ids that `joinRunIds` wrote; what was damaged on the way is left out. */
export function splitRunIds(text: string | null): string[] {
  return splitList(text).flatMap((item) => (item.startsWith(PACKED) ? unpack(item) : [item]));
}

function endOfStretch(run_ids: readonly string[], start: number): number {
  const end = run_ids.findIndex((id, at) => at >= start && !MADE_BY_SERVER.test(id));
  return end < 0 ? run_ids.length : end;
}

function pack(run_ids: readonly string[]): string {
  const bytes = run_ids
    .join("")
    .replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
  const text = btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return PACKED + text;
}

function unpack(item: string): string[] {
  let text = item.slice(PACKED.length).replaceAll("-", "+").replaceAll("_", "/");
  // Cut within a byte by what it was sent with.
  if (text.length % 4 === 1) text = text.slice(0, -1);
  let bytes: string;
  try {
    bytes = atob(text);
  } catch {
    return []; // somebody typed something else
  }
  const digits = [...bytes]
    .map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0"))
    .join("");
  return digits.match(new RegExp(`.{${DIGITS}}`, "g")) ?? [];
}

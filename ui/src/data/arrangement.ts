/** How a person arranges columns: which stay in sight, in which order the others come. */

export interface Arrangement {
  /** Columns that stay in sight, from the left. */
  pinned: readonly string[];
  /** Columns that come next; all others follow in their usual order. */
  order: readonly string[];
}

/** Ids as arranged: the pinned ones first, then the ordered ones, then the rest as they come. */
export function arrange(ids: readonly string[], { pinned, order }: Arrangement): string[] {
  const known = new Set(ids);
  const first = [...new Set([...pinned, ...order])].filter((id) => known.has(id));
  const placed = new Set(first);
  return [...first, ...ids.filter((id) => !placed.has(id))];
}

/**
 * The arrangement after a column was put before another, or last.
 *
 * `ids` are the columns in their usual order. A column put among the pinned ones is pinned; a pinned
 * one put behind the first of the others is no longer.
 */
export function moved(
  ids: readonly string[],
  arrangement: Arrangement,
  id: string,
  before: string | undefined,
): Arrangement {
  if (id === before) return arrangement;
  const now = arrange(ids, arrangement).filter((each) => each !== id);
  const pinned = now.filter((each) => arrangement.pinned.includes(each));
  const place = before === undefined ? now.length : now.indexOf(before);
  if (place < 0) return arrangement;
  const wasPinned = arrangement.pinned.includes(id);
  const isPinned = wasPinned ? place <= pinned.length : place < pinned.length;
  now.splice(place, 0, id);
  const count = pinned.length + (isPinned ? 1 : 0);
  return { pinned: now.slice(0, count), order: shortest(ids, now.slice(count)) };
}

/** The arrangement after a column was pinned as the last of the pinned, or let go. */
export function withPin(arrangement: Arrangement, id: string, isPinned: boolean): Arrangement {
  const pinned = arrangement.pinned.filter((each) => each !== id);
  return { ...arrangement, pinned: isPinned ? [...pinned, id] : pinned };
}

/** The shortest beginning of an order from which the usual order of the rest completes it. */
function shortest(usual: readonly string[], wanted: readonly string[]): string[] {
  const rank = new Map(usual.map((id, at) => [id, at]));
  const rankAt = (at: number) => rank.get(wanted[at] ?? "") ?? 0;
  let length = Math.max(0, wanted.length - 1);
  while (length > 0 && rankAt(length - 1) < rankAt(length)) length -= 1;
  return wanted.slice(0, length);
}

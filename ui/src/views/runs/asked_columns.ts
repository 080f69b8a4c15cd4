/** Which columns are asked of the server: those in sight, and those seen before. */
import { useState } from "react";
import type { RunColumn } from "../../data/columns";
import { useStable } from "../../widgets/stable";

/** Columns come in blocks, so that scrolling sideways asks rarely. */
const BLOCK = 16;
/** Above so many the ones seen before are given up: rows would travel with more than is looked at. */
const MOST_ASKED = 96;

/**
 * The columns to ask for, and what is to be told which places are in sight.
 *
 * `arranged` are the columns on show, in their order.
 */
export function useAskedColumns(arranged: readonly RunColumn[]) {
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const see = useStable((first: number, last: number) => {
    setSeen((before) => withSeen(before, arranged, first, last));
  });
  const asked = arranged.filter(({ id }, at) => at < BLOCK || seen.has(id));
  return { asked, see };
}

/** What has been seen after the places from `first` to `last` were; the same if nothing is new. */
export function withSeen(
  seen: ReadonlySet<string>,
  arranged: readonly RunColumn[],
  first: number,
  last: number,
): ReadonlySet<string> {
  const from = Math.floor(first / BLOCK) * BLOCK;
  const to = Math.ceil((last + 1) / BLOCK) * BLOCK;
  const inSight = arranged.slice(from, to).map(({ id }) => id);
  if (inSight.every((id) => seen.has(id))) return seen;
  const both = new Set([...seen, ...inSight]);
  return both.size > MOST_ASKED ? new Set(inSight) : both;
}

/** Which runs are selected, as an address carries it: one by one, or all that match but some. */
import { joinRunIds, splitRunIds } from "./run_ids";

/** An address names so many runs at most: one of 21,000 characters still passes most tools. */
export const MOST_NAMED = 1_000;

/** So few are named, since that outlasts whatever changes about what matches. */
const ALWAYS_NAMED = 50;

/** The runs of a view that had begun until some time, in ms. */
export interface Matching {
  run_ids: readonly string[];
  until: number;
}

export interface AddressedSelection {
  /** Runs that are selected one by one. */
  run_ids: ReadonlySet<string>;
  /** All that match and began until then, in ms, are selected too, but those `without`. */
  until?: number;
  without: ReadonlySet<string>;
}

const NOTHING: ReadonlySet<string> = new Set();

/** Where the address carries the selection. */
export const SELECTION = ["selected", "all", "but"] as const;

/** Reads what `formatSelection` writes. */
export function parseSelection(query: URLSearchParams): AddressedSelection {
  const run_ids = new Set(splitRunIds(query.get("selected")));
  const until = Number(query.get("all"));
  if (!Number.isSafeInteger(until) || until <= 0) return { run_ids, without: NOTHING };
  return { run_ids, until, without: new Set(splitRunIds(query.get("but"))) };
}

/** The selection as the address carries it; undefined selects nothing. */
export function formatSelection(
  selection: AddressedSelection | undefined,
): Record<(typeof SELECTION)[number], string> {
  const { run_ids = NOTHING, until, without = NOTHING } = selection ?? {};
  return {
    selected: joinRunIds([...run_ids]),
    all: until === undefined ? "" : String(until),
    but: until === undefined ? "" : joinRunIds([...without]),
  };
}

/**
 * The selection in the form that names fewer runs, where what matches is known; undefined if an
 * address would have to name too many.
 */
export function addressed(
  selected: ReadonlySet<string>,
  matching?: Matching,
): AddressedSelection | undefined {
  const named = { run_ids: selected, without: NOTHING };
  if (matching && selected.size > ALWAYS_NAMED) {
    const own = new Set(matching.run_ids);
    const run_ids = new Set([...selected].filter((id) => !own.has(id)));
    const without = new Set(matching.run_ids.filter((id) => !selected.has(id)));
    const size = run_ids.size + without.size;
    if (size < selected.size && size <= MOST_NAMED) {
      return { run_ids, until: matching.until, without };
    }
  }
  return selected.size <= MOST_NAMED ? named : undefined;
}

/** The selected runs; those that match are not among them before they are known. */
export function selectedOf(
  { run_ids, until, without }: AddressedSelection,
  matching?: Matching,
): ReadonlySet<string> {
  if (until === undefined || !matching) return run_ids;
  const selected = new Set(matching.run_ids);
  for (const id of without) selected.delete(id);
  for (const id of run_ids) selected.add(id);
  return selected;
}

/** Colours of runs: safe for colour-blind readers, and the same for a run wherever it appears. */

/** Okabe and Ito's hues, strongest first, each as it shows on white and on near-black. */
const OKABE_ITO: [light: string, dark: string][] = [
  ["#0072b2", "#3d9fe0"],
  ["#d55e00", "#f2803a"],
  ["#009e73", "#1fbf93"],
  ["#c47f00", "#f0b02e"],
  ["#2c8fc9", "#79c8f7"],
  ["#c0649a", "#e08fc0"],
  ["#9c8a00", "#e3d440"],
];
const GOLDEN_ANGLE = 137.508;

/** The colour of place `index`: the palette, then hues a golden angle apart in three lightnesses. */
export function paletteColour(index: number, isDark: boolean): string {
  const fixed = OKABE_ITO[index];
  if (fixed) return fixed[isDark ? 1 : 0];
  const more = index - OKABE_ITO.length;
  const hue = Math.round((more * GOLDEN_ANGLE + 20) % 360);
  const lightness = ((isDark ? [0.7, 0.8, 0.62] : [0.6, 0.68, 0.5])[more % 3] ?? 0.6).toFixed(2);
  return `oklch(${lightness} 0.13 ${hue})`;
}

/**
 * Gives every id a place in the palette. Known ids keep theirs; a new one takes the first free.
 *
 * Returns the same map if nothing is new.
 */
export function assignPlaces(known: ReadonlyMap<string, number>, ids: readonly string[]) {
  const fresh = ids.filter((id) => !known.has(id));
  if (fresh.length === 0) return known;
  const places = new Map(known);
  const taken = new Set(known.values());
  let next = 0;
  for (const id of fresh) {
    if (places.has(id)) continue;
    while (taken.has(next)) next += 1;
    places.set(id, next);
    taken.add(next);
  }
  return places;
}

/** The colour of each group by its name, in the order in which they first appear. */
export function groupColours(names: Iterable<string>, isDark: boolean): Map<string, string> {
  return new Map([...new Set(names)].map((name, at) => [name, paletteColour(at, isDark)]));
}

const MOST_REMEMBERED = 400;
const loaded = new Map<string, ReadonlyMap<string, number>>();

/** The colour of each run of an experiment, remembered by this browser. */
export function runColours(
  experiment_id: string,
  ids: readonly string[],
  isDark: boolean,
): Map<string, string> {
  const known = loaded.get(experiment_id) ?? recall(experiment_id);
  const places = assignPlaces(known, ids);
  loaded.set(experiment_id, places);
  if (places !== known) remember(experiment_id, places);
  return new Map(ids.map((id) => [id, paletteColour(places.get(id) ?? 0, isDark)]));
}

function storageKey(experiment_id: string): string {
  return `millstream.colours.${experiment_id}`;
}

function recall(experiment_id: string): ReadonlyMap<string, number> {
  try {
    const pairs: unknown = JSON.parse(localStorage.getItem(storageKey(experiment_id)) ?? "[]");
    return Array.isArray(pairs) ? new Map(pairs as [string, number][]) : new Map();
  } catch {
    return new Map(); // storage is forbidden or holds something else: colours start anew
  }
}

function remember(experiment_id: string, places: ReadonlyMap<string, number>): void {
  try {
    const newest = [...places].slice(-MOST_REMEMBERED);
    localStorage.setItem(storageKey(experiment_id), JSON.stringify(newest));
  } catch {
    // Storage is full or forbidden: the colours last as long as the page.
  }
}

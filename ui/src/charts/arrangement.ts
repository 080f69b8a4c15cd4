/** Which charts a page has, where and how large: what a person changed of what is there by itself. */
import { columnOf } from "../data/columns";
import { byName } from "../data/order";

export type ChartKind = "line" | "scatter" | "parallel" | "contour" | "box" | "bar";

/** Which axes of one chart are logarithmic, whatever the others' are. */
export type LogAxes = "none" | "x" | "y" | "xy";

/**
 * What a chart shows. Columns are ids such as `metrics.loss`: the metrics of lines, x, y and colour
 * of a scatter, x, y and height of a contour, value and groups of boxes and bars, all axes of
 * parallel coordinates.
 */
export interface ChartSpec {
  kind: ChartKind;
  columns: readonly string[];
  title?: string | undefined;
  log?: LogAxes | undefined;
}

/** How many columns of the page a chart takes. */
export type ChartSize = 1 | 2 | "full";

/** A chart stands before another one, or at the end of a section. */
export interface Move {
  id: string;
  before: string;
}

/** Changes to the arrangement that is there by itself. */
export interface Arrangement {
  /** Charts that were added (ids such as `c1`) or changed. */
  specs: ReadonlyMap<string, ChartSpec>;
  removed: ReadonlySet<string>;
  sizes: ReadonlyMap<string, ChartSize>;
  /** In the order in which they apply. */
  moves: readonly Move[];
  folded: ReadonlySet<string>;
}

export const AS_IT_COMES: Arrangement = {
  specs: new Map(),
  removed: new Set(),
  sizes: new Map(),
  moves: [],
  folded: new Set(),
};

/** One chart in its place. */
export interface PlacedChart {
  id: string;
  spec: ChartSpec;
  size: ChartSize;
}

export interface ChartSection {
  name: string;
  charts: PlacedChart[];
}

/** The section of metrics without a prefix, and of charts that were added. */
export const FIRST_SECTION = "charts";
const SYSTEM = "system";
const END = "end:";
const ADDED = /^c([1-9]\d*)$/;

/** The id of the chart that a metric has by itself. */
export function chartOfMetric(metric_key: string): string {
  return `metrics.${metric_key}`;
}

/** Where a chart stands that is last in a section. */
export function endOf(section: string): string {
  return END + section;
}

/** Whether a chart was added by a person. */
export function isAdded(id: string): boolean {
  return ADDED.test(id);
}

/** An id that no chart has yet. */
export function freshId(arrangement: Arrangement): string {
  let number = 1;
  while (arrangement.specs.has(`c${number}`)) number += 1;
  return `c${number}`;
}

/** What a chart shows: as it was changed, or its metric's line. */
export function specOf(arrangement: Arrangement, id: string): ChartSpec {
  return arrangement.specs.get(id) ?? { kind: "line", columns: [id] };
}

/** All sections with their charts in order; `isShown` can leave out charts that nobody removed. */
export function arrange(
  metric_keys: readonly string[],
  arrangement: Arrangement,
  isShown: (id: string, spec: ChartSpec) => boolean = () => true,
): ChartSection[] {
  return places(metric_keys, arrangement)
    .map(({ name, ids }) => ({
      name,
      charts: ids
        .filter((id) => !arrangement.removed.has(id) && isShown(id, specOf(arrangement, id)))
        .map((id) => ({
          id,
          spec: specOf(arrangement, id),
          size: arrangement.sizes.get(id) ?? 1,
        })),
    }))
    .filter((section) => section.charts.length > 0);
}

interface Place {
  name: string;
  ids: string[];
}

function places(metric_keys: readonly string[], arrangement: Arrangement): Place[] {
  const added = [...arrangement.specs.keys()].filter(isAdded).sort(byName);
  const sections = new Map<string, string[]>([[FIRST_SECTION, added]]);
  for (const key of [...new Set(metric_keys)].sort(byName)) {
    const name = sectionOf(key);
    sections.set(name, [...(sections.get(name) ?? []), chartOfMetric(key)]);
  }
  const ordered = [...sections.entries()].sort(([a], [b]) => rankOf(a) - rankOf(b) || byName(a, b));
  const found = ordered.map(([name, ids]) => ({ name, ids }));
  for (const move of arrangement.moves) apply(found, move);
  return found;
}

/** What stands before the last slash of a metric's name. */
export function sectionOf(metric_key: string): string {
  const slash = metric_key.lastIndexOf("/");
  return slash > 0 ? metric_key.slice(0, slash) : FIRST_SECTION;
}

/** Measurements of the machine come last: they are rarely what one looks for first. */
function rankOf(section: string): number {
  if (section === FIRST_SECTION) return 0;
  return section === SYSTEM || section.startsWith(`${SYSTEM}/`) ? 2 : 1;
}

/** Moves, unless one of the two is not there: a run without a metric has no chart of it. */
function apply(sections: Place[], { id, before }: Move): void {
  const from = sections.find((section) => section.ids.includes(id));
  const to = before.startsWith(END)
    ? sections.find((section) => section.name === before.slice(END.length))
    : sections.find((section) => section.ids.includes(before));
  if (!from || !to || id === before) return;
  from.ids = from.ids.filter((other) => other !== id);
  const at = before.startsWith(END) ? to.ids.length : to.ids.indexOf(before);
  to.ids = [...to.ids.slice(0, at), id, ...to.ids.slice(at)];
}

/** Puts a chart before another one or at an end; moves that no longer matter are forgotten. */
export function moveChart(
  metric_keys: readonly string[],
  arrangement: Arrangement,
  move: Move,
): Arrangement {
  const moved = { ...arrangement, moves: [...arrangement.moves, move] };
  const wanted = JSON.stringify(places(metric_keys, moved));
  let moves = moved.moves;
  for (const old of moved.moves) {
    const fewer = moves.filter((other) => other !== old);
    if (JSON.stringify(places(metric_keys, { ...moved, moves: fewer })) === wanted) moves = fewer;
  }
  return { ...moved, moves };
}

/** Where a chart goes that is moved by one place among those in sight; nothing at the edges. */
export function neighbourPlace(
  sections: readonly ChartSection[],
  id: string,
  direction: -1 | 1,
): string | undefined {
  const section = sections.find(({ charts }) => charts.some((chart) => chart.id === id));
  if (!section) return undefined;
  const at = section.charts.findIndex((chart) => chart.id === id);
  if (at + direction < 0 || at + direction >= section.charts.length) return undefined;
  return direction < 0 ? section.charts[at - 1]?.id : placeAfter(section, at + 1);
}

/** The place behind the chart at an index of a section. */
export function placeAfter(section: ChartSection, at: number): string {
  return section.charts[at + 1]?.id ?? endOf(section.name);
}

/** Adds a chart, at the beginning of the first section unless a place is named. */
export function addChart(
  metric_keys: readonly string[],
  arrangement: Arrangement,
  spec: ChartSpec,
  before?: string,
): Arrangement {
  const id = freshId(arrangement);
  const specs = new Map(arrangement.specs).set(id, spec);
  const grown = { ...arrangement, specs };
  const first = places(metric_keys, grown)[0]?.ids.find((other) => other !== id);
  const place = before ?? first;
  return place ? moveChart(metric_keys, grown, { id, before: place }) : grown;
}

/** Changes what a chart shows; one that shows what it would by itself is no change. */
export function changeChart(arrangement: Arrangement, id: string, spec: ChartSpec): Arrangement {
  const specs = new Map(arrangement.specs).set(id, spec);
  const isUsual =
    spec.kind === "line" && spec.columns.join() === id && !spec.title && !spec.log && !isAdded(id);
  if (isUsual) specs.delete(id);
  return { ...arrangement, specs };
}

/** Takes a chart away; what stood before it stays where it is. */
export function removeChart(
  metric_keys: readonly string[],
  arrangement: Arrangement,
  id: string,
): Arrangement {
  if (!isAdded(id)) return { ...arrangement, removed: new Set(arrangement.removed).add(id) };
  const section = places(metric_keys, arrangement).find(({ ids }) => ids.includes(id));
  const next = section?.ids[section.ids.indexOf(id) + 1] ?? endOf(section?.name ?? FIRST_SECTION);
  const without = <Value>(map: ReadonlyMap<string, Value>) =>
    new Map([...map].filter(([other]) => other !== id));
  return {
    ...arrangement,
    specs: without(arrangement.specs),
    sizes: without(arrangement.sizes),
    moves: arrangement.moves
      .filter((move) => move.id !== id)
      .map((move) => (move.before === id ? { ...move, before: next } : move)),
  };
}

/** Makes a chart one or two columns wide, or as wide as the page. */
export function resizeChart(arrangement: Arrangement, id: string, size: ChartSize): Arrangement {
  const sizes = new Map(arrangement.sizes).set(id, size);
  if (size === 1) sizes.delete(id);
  return { ...arrangement, sizes };
}

/** Folds a section, or unfolds it. */
export function foldSection(arrangement: Arrangement, name: string): Arrangement {
  const folded = new Set(arrangement.folded);
  if (!folded.delete(name)) folded.add(name);
  return { ...arrangement, folded };
}

/** The metrics among the columns of a chart, by their keys. */
export function metricsOf(spec: ChartSpec): string[] {
  return spec.columns.flatMap((id) => {
    const column = columnOf(id);
    return column?.group === "metrics" ? [column.key] : [];
  });
}

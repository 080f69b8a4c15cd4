/** Charts laid out in lanes: as many side by side as fit, sections one below the other. */
import type { ChartSection, PlacedChart } from "./arrangement";

/** A heading, or charts side by side; heights in pixels. */
export type Lane =
  | { kind: "head"; section: ChartSection; height: number; isFolded: boolean }
  | { kind: "charts"; section: ChartSection; charts: PlacedChart[]; height: number };

const HEAD = 31;
const CARD = 226;
const LARGE_CARD = 320;

/** How many of `across` columns a chart takes. */
export function columnsTaken(chart: PlacedChart, across: number): number {
  if (chart.size === "full") return across;
  return Math.min(chart.size, across);
}

/** All lanes from top to bottom. With a single section nothing needs a heading. */
export function lanesOf(
  sections: readonly ChartSection[],
  across: number,
  folded: ReadonlySet<string>,
): Lane[] {
  const hasHeads = sections.length > 1;
  return sections.flatMap((section) => {
    const isFolded = hasHeads && folded.has(section.name);
    const head: Lane = { kind: "head", section, height: HEAD, isFolded };
    const lanes = isFolded ? [] : packed(section, across);
    return hasHeads ? [head, ...lanes] : lanes;
  });
}

function packed(section: ChartSection, across: number): Lane[] {
  const lanes: PlacedChart[][] = [];
  let free = 0;
  for (const chart of section.charts) {
    const taken = columnsTaken(chart, across);
    const lane = lanes[lanes.length - 1];
    if (lane && taken <= free) {
      lane.push(chart);
      free -= taken;
    } else {
      lanes.push([chart]);
      free = across - taken;
    }
  }
  return lanes.map((charts) => ({
    kind: "charts",
    section,
    charts,
    height: charts.some(({ size, spec }) => size !== 1 || spec.kind === "parallel")
      ? LARGE_CARD
      : CARD,
  }));
}

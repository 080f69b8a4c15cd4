/** Bars as a picture: one for each line that is a single point. */
import { shortNumber } from "../data/numbers";
import type { Picture, Shape } from "./picture";
import type { ChartColours } from "./plot_options";
import type { ChartLine } from "./series_plan";

const WIDTH = 800;
const TOP = 44;
const ROW = 22;
const NAMES = 220;
const VALUES = 90;
const LONGEST_NAME = 32;

/** One bar a line, from zero; what is no finite number has none. */
export function barPicture(
  title: string,
  lines: readonly ChartLine[],
  colours: ChartColours,
): Picture {
  const values = lines.map((line) => line.y[0] ?? Number.NaN);
  const finite = values.filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const span = Math.max(0, ...finite) - low || 1;
  const frame = { x: NAMES, y: TOP, width: WIDTH - NAMES - VALUES, height: lines.length * ROW };
  const toX = (value: number) => frame.x + ((value - low) / span) * frame.width;
  const label = { kind: "text" as const, fill: colours.text, size: 11 };
  const framed = lines.flatMap((line, at): Shape[] => {
    const value = values[at] ?? Number.NaN;
    if (!Number.isFinite(value)) return [];
    const x = toX(Math.min(value, 0));
    const width = Math.max(1, toX(Math.max(value, 0)) - x);
    return [{ kind: "rect", x, y: TOP + at * ROW + 4, width, height: ROW - 8, fill: line.colour }];
  });
  const texts = lines.flatMap((line, at): Shape[] => {
    const y = TOP + at * ROW + ROW / 2 + 4;
    const name =
      line.label.length > LONGEST_NAME ? `${line.label.slice(0, LONGEST_NAME - 1)}…` : line.label;
    return [
      { ...label, x: NAMES - 10, y, text: name, anchor: "end" },
      { ...label, x: WIDTH - 12, y, text: shortNumber(values[at] ?? Number.NaN), anchor: "end" },
    ];
  });
  const heading: Shape = {
    ...label,
    x: 16,
    y: 26,
    text: title,
    size: 14,
    anchor: "start",
    isBold: true,
  };
  return {
    width: WIDTH,
    height: TOP + frame.height + 16,
    ground: colours.ground,
    frame,
    framed,
    shapes: [heading, ...texts],
  };
}

/** The box beside the crosshair: the place, and the lines nearest to the pointer. */
import type uPlot from "uplot";
import { shortNumber } from "../data/numbers";

const MOST_LINES = 8;
const DISTANCE = 14;

/** One line as the box names it. */
export interface HoverLine {
  label: string;
  colour: string;
  /** Which of the chart's series holds the value to show, which the raw one, which its band. */
  line: number;
  raw: number | undefined;
  low: number | undefined;
  high: number | undefined;
}

/** Adds the box to a chart; `latest` tells the lines and writes places of the moment. */
export function hoverBox(latest: () => { lines: HoverLine[]; placeText: (x: number) => string }) {
  const box = document.createElement("div");
  box.className = "chart-hover";
  box.hidden = true;
  let isHere = false;
  const show = (chart: uPlot) => {
    const { left = -1, top = -1, idxs } = chart.cursor;
    const { lines, placeText } = latest();
    // Charts that follow another one's pointer show their crosshair only.
    if (!isHere || left < 0 || !idxs || lines.length === 0) {
      box.hidden = true;
      return;
    }
    const rows = lines
      .map((line) => rowOf(chart, line, idxs, top))
      .filter((row) => row !== undefined)
      .sort((a, b) => a.distance - b.distance);
    const nearest = rows[0];
    const shown = rows.slice(0, MOST_LINES).sort((a, b) => b.value - a.value);
    if (!nearest) {
      box.hidden = true;
      return;
    }
    const head = text("div", "chart-hover-head", placeText(nearest.x));
    const items = shown.map((row) => drawRow(row, row === nearest && rows.length > 1));
    if (rows.length > shown.length) {
      items.push(text("div", "chart-hover-more", `and ${rows.length - shown.length} more`));
    }
    box.replaceChildren(head, ...items);
    box.hidden = false;
    place(chart, box, left, top);
  };
  return {
    opts: (_chart: uPlot, _options: uPlot.Options) => undefined,
    hooks: {
      init: (chart: uPlot) => {
        chart.over.append(box);
        chart.over.addEventListener("mouseenter", () => {
          isHere = true;
        });
        chart.over.addEventListener("mouseleave", () => {
          isHere = false;
          box.hidden = true;
        });
      },
      setCursor: show,
    },
  } satisfies uPlot.Plugin;
}

interface HoverRow {
  line: HoverLine;
  value: number;
  /** What stands beside the value: the raw one, or what the band reaches. */
  aside: string;
  x: number;
  distance: number;
}

function rowOf(
  chart: uPlot,
  line: HoverLine,
  idxs: (number | null | undefined)[],
  top: number,
): HoverRow | undefined {
  const at = idxs[line.line];
  if (at == null) return undefined;
  const value = chart.data[line.line]?.[at];
  const x = chart.data[0][at];
  if (value == null || x === undefined) return undefined;
  const distance = Math.abs(chart.valToPos(value, "y") - top);
  return { line, value, aside: asideOf(chart, line, at, value), x, distance };
}

function asideOf(chart: uPlot, line: HoverLine, at: number, value: number): string {
  const valueIn = (series: number | undefined) =>
    series === undefined ? undefined : chart.data[series]?.[at];
  const low = valueIn(line.low);
  const high = valueIn(line.high);
  if (low != null && high != null) return `${shortNumber(low)} to ${shortNumber(high)}`;
  const raw = valueIn(line.raw);
  return raw == null || raw === value ? "" : shortNumber(raw);
}

function drawRow(row: HoverRow, isNearest: boolean): HTMLElement {
  const element = document.createElement("div");
  element.className = `chart-hover-row ${isNearest ? "nearest" : ""}`;
  const dot = document.createElement("i");
  dot.style.background = row.line.colour;
  element.append(dot, text("span", "chart-hover-label", row.line.label));
  element.append(text("b", "", shortNumber(row.value)));
  if (row.aside) element.append(text("small", "", row.aside));
  return element;
}

function text(tag: string, className: string, content: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = content;
  return element;
}

function place(chart: uPlot, box: HTMLElement, left: number, top: number): void {
  const width = chart.over.clientWidth;
  const isLeft = left + DISTANCE + box.offsetWidth > width && left > width / 2;
  const x = isLeft ? left - DISTANCE - box.offsetWidth : left + DISTANCE;
  const highest = chart.over.clientHeight - box.offsetHeight;
  const y = Math.max(-20, Math.min(top - 10, highest + 20));
  box.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}

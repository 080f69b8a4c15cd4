/** Marks on the edge of a chart where a line is no finite number. */
import type uPlot from "uplot";
import type { Marks } from "./align";

const SIZE = 3.5;

/** A cross below for NaN, a triangle above for infinity and below for its negative. */
export function drawMarks(chart: uPlot, marks: Marks, colour: string): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  const size = SIZE * ratio;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = 1.5 * ratio;
  const floor = bbox.top + bbox.height;
  for (const x of inSight(chart, marks.nan)) cross(ctx, x, floor - size, size);
  for (const x of inSight(chart, marks.high)) triangle(ctx, x, bbox.top, size, 1);
  for (const x of inSight(chart, marks.low)) triangle(ctx, x, floor, size, -1);
  ctx.restore();
}

/** Pixels of the places in sight, at most one a pixel. */
function inSight(chart: uPlot, places: readonly number[]): Set<number> {
  const { min, max } = chart.scales.x ?? {};
  if (min == null || max == null) return new Set();
  const seen = places.filter((place) => place >= min && place <= max);
  return new Set(seen.map((place) => Math.round(chart.valToPos(place, "x", true))));
}

function cross(ctx: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  ctx.beginPath();
  ctx.moveTo(x - size, y - size);
  ctx.lineTo(x + size, y + size);
  ctx.moveTo(x + size, y - size);
  ctx.lineTo(x - size, y + size);
  ctx.stroke();
}

function triangle(
  ctx: CanvasRenderingContext2D,
  x: number,
  tip: number,
  size: number,
  direction: 1 | -1,
): void {
  ctx.beginPath();
  ctx.moveTo(x, tip);
  ctx.lineTo(x - size, tip + direction * size * 2);
  ctx.lineTo(x + size, tip + direction * size * 2);
  ctx.fill();
}

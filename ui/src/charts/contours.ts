/** A surface over scattered points, flat over each triangle of them, cut into bands of height. */
import { linearTicks } from "./ticks";
import { type Point, triangulate } from "./triangulation";

/** A point with its height. */
export type Peak = readonly [x: number, y: number, z: number];

/** A part of the surface between two levels, as a polygon. */
export interface Band {
  /** Which of the bands, from the lowest. */
  level: number;
  outline: Point[];
}

export interface Surface {
  /** Heights that divide the bands, ascending. */
  levels: number[];
  bands: Band[];
  /** The points that it stands on: where several were at one place, their mean. */
  peaks: Peak[];
}

const WANTED_LEVELS = 10;

/**
 * The surface over the points; nothing beyond them, since there is nothing to know there. Undefined
 * if they lie on one line.
 */
export function surfaceOver(points: readonly Peak[]): Surface | undefined {
  const peaks = merged(points);
  const triangles = triangulate(peaks.map(([x, y]) => [x, y]));
  if (triangles.length === 0) return undefined;
  const heights = peaks.map(([, , z]) => z);
  const low = Math.min(...heights);
  const high = Math.max(...heights);
  const levels = linearTicks(low, high, WANTED_LEVELS).filter(
    (level) => level > low && level < high,
  );
  const edges = [Number.NEGATIVE_INFINITY, ...levels, Number.POSITIVE_INFINITY];
  const bands = triangles.flatMap((corners) => {
    const triangle = corners.map((at) => peaks[at] ?? [0, 0, 0]) as Peak[];
    return edges.slice(0, -1).flatMap((floor, level): Band[] => {
      const ceiling = edges[level + 1] ?? floor;
      const outline = cut(cut(triangle, floor, 1), ceiling, -1).map(([x, y]): Point => [x, y]);
      return outline.length > 2 ? [{ level, outline }] : [];
    });
  });
  return { levels, bands, peaks };
}

function merged(points: readonly Peak[]): Peak[] {
  const places = new Map<string, { x: number; y: number; heights: number[] }>();
  for (const [x, y, z] of points) {
    const name = `${x} ${y}`;
    const place = places.get(name) ?? { x, y, heights: [] };
    place.heights.push(z);
    places.set(name, place);
  }
  return [...places.values()].map(({ x, y, heights }) => [
    x,
    y,
    heights.reduce((sum, height) => sum + height, 0) / heights.length,
  ]);
}

/** The part of a polygon above a level (side 1) or below it (side -1). */
function cut(polygon: readonly Peak[], level: number, side: 1 | -1): Peak[] {
  if (!Number.isFinite(level)) return [...polygon];
  const isKept = (peak: Peak) => (peak[2] - level) * side >= 0;
  return polygon.flatMap((here, at) => {
    const next = polygon[(at + 1) % polygon.length] ?? here;
    const kept = isKept(here) ? [here] : [];
    return isKept(here) === isKept(next) ? kept : [...kept, crossing(here, next, level)];
  });
}

function crossing(from: Peak, to: Peak, level: number): Peak {
  const share = (level - from[2]) / (to[2] - from[2]);
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share, level];
}

/** Scattered points joined to triangles as Delaunay does: no point inside another triangle's circle. */

export type Point = readonly [x: number, y: number];
/** The indices of the corners. */
export type Triangle = readonly [a: number, b: number, c: number];

interface Circle {
  x: number;
  y: number;
  square: number;
}

/**
 * Triangles over all points, which must differ from each other. None if all lie on one line.
 *
 * Points are added one by one; triangles in whose circle the new one lies make place for it.
 */
export function triangulate(points: readonly Point[]): Triangle[] {
  const scaled = unitSquare(points);
  // A triangle around everything, whose corners go in the end.
  const all: Point[] = [...scaled, [-1e3, -1e3], [1e3, -1e3], [0, 1e3]];
  const outer = scaled.length;
  let found = [withCircle(all, [outer, outer + 1, outer + 2])];
  scaled.forEach(([x, y], at) => {
    const edges = new Map<string, [number, number]>();
    const kept: typeof found = [];
    for (const each of found) {
      const { circle, corners } = each;
      if ((x - circle.x) ** 2 + (y - circle.y) ** 2 > circle.square) {
        kept.push(each);
        continue;
      }
      for (let side = 0; side < 3; side++) {
        const from = corners[side] ?? 0;
        const to = corners[(side + 1) % 3] ?? 0;
        const name = from < to ? `${from} ${to}` : `${to} ${from}`;
        // An edge between two triangles that go is inside of the hole.
        if (!edges.delete(name)) edges.set(name, [from, to]);
      }
    }
    found = kept;
    for (const [from, to] of edges.values()) {
      if (Math.abs(area(all, [from, to, at])) > FLAT) found.push(withCircle(all, [from, to, at]));
    }
  });
  return found
    .map(({ corners }) => corners)
    .filter((corners) => corners.every((corner) => corner < outer));
}

const FLAT = 1e-12;

/** Both axes from 0 to 1: what a triangle is must not depend on units. */
function unitSquare(points: readonly Point[]): Point[] {
  const scale = (side: 0 | 1) => {
    const values = points.map((point) => point[side]);
    const low = Math.min(...values);
    const span = Math.max(...values) - low || 1;
    return (value: number) => (value - low) / span;
  };
  const across = scale(0);
  const up = scale(1);
  return points.map(([x, y]) => [across(x), up(y)]);
}

function area(points: readonly Point[], [a, b, c]: Triangle): number {
  const [ax, ay] = points[a] ?? [0, 0];
  const [bx, by] = points[b] ?? [0, 0];
  const [cx, cy] = points[c] ?? [0, 0];
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

function withCircle(points: readonly Point[], corners: Triangle) {
  return { corners, circle: circleOf(points, corners) };
}

/** The circle through the corners. */
function circleOf(points: readonly Point[], corners: Triangle): Circle {
  const [[ax, ay], [bx, by], [cx, cy]] = corners.map((at) => points[at] ?? [0, 0]) as [
    Point,
    Point,
    Point,
  ];
  const twice = 2 * area(points, corners);
  const b = (bx - ax) ** 2 + (by - ay) ** 2;
  const c = (cx - ax) ** 2 + (cy - ay) ** 2;
  const dx = ((cy - ay) * b - (by - ay) * c) / twice;
  const dy = ((bx - ax) * c - (cx - ax) * b) / twice;
  return { x: ax + dx, y: ay + dy, square: dx * dx + dy * dy };
}

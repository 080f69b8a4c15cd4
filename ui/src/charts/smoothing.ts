/** Smoothing of lines: weights fall off with the distance on the x-axis, not with the count of points. */

export type SmoothingKind = "exponential" | "mean" | "gaussian";

/**
 * How a line is smoothed. Strength 0 changes nothing. It is the weight of what came before (0 to
 * 0.99) for an exponential average, and else a width in spacings: the whole window of a running
 * mean, the standard deviation of a Gaussian.
 */
export interface Smoothing {
  kind: SmoothingKind;
  strength: number;
}

/** The largest strength of each kind, and the step of its slider. */
export const STRENGTHS: Record<SmoothingKind, { most: number; step: number }> = {
  exponential: { most: 0.99, step: 0.01 },
  mean: { most: 101, step: 2 },
  gaussian: { most: 25, step: 0.5 },
};

/** What does not smooth. */
export const AS_IT_IS: Smoothing = { kind: "exponential", strength: 0 };

const SPACINGS_OF_A_RANGE = 1_000;
const REACH_OF_A_GAUSSIAN = 3;

/**
 * Smooths values at ascending places. What is no finite number stays as it is and does not touch its
 * neighbours.
 *
 * A spacing is the median distance of neighbours, but at least a thousandth of the range: a thinned
 * line, whose points are unevenly far apart, is smoothed like the whole one would be.
 */
export function smooth(x: readonly number[], y: readonly number[], how: Smoothing): number[] {
  if (how.strength <= 0) return [...y];
  const spacing = spacingOf(x);
  const places = x.map((place) => place / spacing);
  if (how.kind === "exponential") return exponential(places, y, how.strength);
  const reach = how.kind === "mean" ? (how.strength - 1) / 2 : how.strength * REACH_OF_A_GAUSSIAN;
  const weight =
    how.kind === "mean"
      ? () => 1
      : (distance: number) => Math.exp(-0.5 * (distance / how.strength) ** 2);
  return windowed(places, y, Math.max(0, reach), weight);
}

/** The unit in which distances count. */
export function spacingOf(x: readonly number[]): number {
  const distances: number[] = [];
  for (let at = 1; at < x.length; at++) {
    const distance = (x[at] ?? 0) - (x[at - 1] ?? 0);
    if (distance > 0) distances.push(distance);
  }
  if (distances.length === 0) return 1;
  distances.sort((a, b) => a - b);
  const median = distances[distances.length >> 1] ?? 1;
  const range = (x[x.length - 1] ?? 0) - (x[0] ?? 0);
  return Math.max(median, range / SPACINGS_OF_A_RANGE);
}

/** An average in which the past fades by `weight` per spacing, without the bias of its start. */
function exponential(x: readonly number[], y: readonly number[], weight: number): number[] {
  let sum = 0;
  let mass = 0;
  let last: number | undefined;
  return y.map((value, at) => {
    if (!Number.isFinite(value)) return value;
    const place = x[at] ?? 0;
    // Points at one place follow each other like neighbours of a spacing would.
    const distance = last === undefined || place === last ? 1 : place - last;
    const fading = weight ** distance;
    last = place;
    sum = sum * fading + value;
    mass = mass * fading + 1;
    return sum / mass;
  });
}

/** A weighted average over all points no farther than `reach`. */
function windowed(
  x: readonly number[],
  y: readonly number[],
  reach: number,
  weight: (distance: number) => number,
): number[] {
  // Places are quotients of floats: a point on the edge of the window is inside.
  const edge = reach * (1 + 1e-9);
  let start = 0;
  return y.map((value, at) => {
    if (!Number.isFinite(value)) return value;
    const place = x[at] ?? 0;
    while (place - (x[start] ?? 0) > edge) start += 1;
    let sum = 0;
    let mass = 0;
    for (let other = start; other < x.length && (x[other] ?? 0) - place <= edge; other++) {
      const neighbour = y[other] ?? Number.NaN;
      if (!Number.isFinite(neighbour)) continue;
      const share = weight(Math.abs((x[other] ?? 0) - place));
      sum += neighbour * share;
      mass += share;
    }
    return sum / mass;
  });
}

/** `0.6`, `mean:9` or `gaussian:2` for the page's address; nothing if nothing is smoothed. */
export function formatSmoothing({ kind, strength }: Smoothing): string | undefined {
  if (strength <= 0) return undefined;
  return kind === "exponential" ? String(strength) : `${kind}:${strength}`;
}

/** What `formatSmoothing` wrote; what is no smoothing does not smooth. */
export function parseSmoothing(text: string | null): Smoothing {
  const [kind, strength] = text?.includes(":") ? text.split(":") : ["exponential", text];
  const number = Number(strength);
  if (!(number > 0) || !isKind(kind)) return AS_IT_IS;
  return { kind, strength: Math.min(STRENGTHS[kind].most, number) };
}

function isKind(text: string | undefined): text is SmoothingKind {
  return text !== undefined && Object.hasOwn(STRENGTHS, text);
}

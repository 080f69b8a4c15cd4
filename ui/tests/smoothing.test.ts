import { describe, expect, test } from "vitest";
import {
  AS_IT_IS,
  formatSmoothing,
  parseSmoothing,
  type Smoothing,
  smooth,
  spacingOf,
} from "../src/charts/smoothing";

const nan = Number.NaN;
const steps = (length: number) => Array.from({ length }, (_, at) => at);

function rounded(values: readonly number[]): number[] {
  return values.map((value) => Number(value.toFixed(6)));
}

describe("an exponential average", () => {
  const half: Smoothing = { kind: "exponential", strength: 0.5 };

  test("has no bias towards its start", () => {
    // (0·½ + 1) / (½ + 1), then (1·½ + 4) / (1.5·½ + 1), then (4.5·½ + 2) / (1.75·½ + 1).
    expect(rounded(smooth(steps(4), [0, 1, 4, 2], half))).toEqual([
      0, 0.666667, 2.571429, 2.266667,
    ]);
    expect(rounded(smooth(steps(3), [4, 4, 4], { ...half, strength: 0.9 }))).toEqual([4, 4, 4]);
  });

  test("forgets by distance: two spacings fade twice", () => {
    // At place 3 the past has faded by ¼: (1·¼ + 4) / (1.5·¼ + 1).
    const [, , last] = smooth([0, 1, 3], [0, 1, 4], half);
    expect(spacingOf([0, 1, 3])).toBe(2);
    // The median distance is 2, so places are 0, ½ and 1½.
    const first = 0.5 ** 0.5;
    const sum = 1 * 0.5 + 4;
    const mass = (first + 1) * 0.5 + 1;
    expect(last).toBeCloseTo(sum / mass, 12);
  });

  test("passes over what is no finite number", () => {
    expect(smooth(steps(3), [1, nan, 1], half)).toEqual([1, nan, 1]);
    const [, , last] = smooth(steps(3), [0, nan, 3], half);
    // The gap is two spacings wide: 3 / (¼ + 1).
    expect(last).toBeCloseTo(2.4, 12);
  });

  test("takes points at one place one after the other", () => {
    expect(rounded(smooth([0, 0, 0], [0, 1, 4], half))).toEqual([0, 0.666667, 2.571429]);
  });
});

test("a running mean takes as many neighbours on both sides, and fewer at the ends", () => {
  const values = [0, 3, 6, 0, nan, 9];
  expect(smooth(steps(6), values, { kind: "mean", strength: 3 })).toEqual([1.5, 3, 3, 3, nan, 9]);
  expect(smooth(steps(3), [1, 2, 6], { kind: "mean", strength: 1 })).toEqual([1, 2, 6]);
});

test("a Gaussian weighs neighbours by their distance", () => {
  const [first, middle] = smooth(steps(3), [0, 1, 0], { kind: "gaussian", strength: 1 });
  // Weights 1, exp(-½) and exp(-2).
  expect(middle).toBeCloseTo(1 / (1 + 2 * 0.606530659713), 9);
  expect(first).toBeCloseTo(0.606530659713 / (1 + 0.606530659713 + 0.135335283237), 9);
});

test("a thinned line is smoothed like the whole one", () => {
  const x = steps(10_000);
  const y = x.map((place) => Math.exp(-place / 2_000));
  const few = x.filter((place) => place % 7 === 0 || place % 11 === 0);
  for (const how of [
    { kind: "exponential", strength: 0.9 },
    { kind: "mean", strength: 21 },
    { kind: "gaussian", strength: 5 },
  ] as const) {
    const whole = smooth(x, y, how);
    const thinned = smooth(
      few,
      few.map((place) => y[place] ?? 0),
      how,
    );
    const middle = few.findIndex((place) => place > 5_000);
    expect(thinned[middle]).toBeCloseTo(whole[few[middle] ?? 0] ?? 0, 3);
  }
});

test("strength 0 changes nothing", () => {
  expect(smooth(steps(2), [1, 2], AS_IT_IS)).toEqual([1, 2]);
});

test("smoothing survives the address, and nonsense is none", () => {
  for (const text of ["0.6", "mean:9", "gaussian:2.5"]) {
    expect(formatSmoothing(parseSmoothing(text))).toBe(text);
  }
  expect([null, "", "0", "-1", "x", "median:3", "mean:x"].map(parseSmoothing)).toEqual(
    Array(7).fill(AS_IT_IS),
  );
  expect(parseSmoothing("7")).toEqual({ kind: "exponential", strength: 0.99 });
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { extentOf, scaleColour } from "../src/data/scales";

const EXTENT = { low: 0, high: 10 };

test("the good end is green, the other red, the middle plain", () => {
  expect(scaleColour(10, EXTENT, "high")).toContain("--good");
  expect(scaleColour(0, EXTENT, "high")).toContain("--bad");
  expect(scaleColour(10, EXTENT, "low")).toContain("--bad");
  expect(scaleColour(5, EXTENT, "low")).toBeUndefined();
});

test("no numbers and columns of one number have no colour", () => {
  expect(scaleColour(Number.NaN, EXTENT, "low")).toBeUndefined();
  expect(scaleColour(Number.POSITIVE_INFINITY, EXTENT, "low")).toBeUndefined();
  expect(scaleColour(1, { low: 1, high: 1 }, "low")).toBeUndefined();
});

test("the range disregards what is no finite number", () => {
  expect(extentOf([3, Number.NaN, "x", undefined, -1, Number.POSITIVE_INFINITY])).toEqual({
    low: -1,
    high: 3,
  });
  expect(extentOf([2, 2])).toBeUndefined();
});

describe("text on the strongest colour keeps the contrast of WCAG AA", () => {
  const tokens = readFileSync(new URL("../src/app/tokens.css", import.meta.url), "utf8");
  const token = (name: string, theme: number) => {
    const found = tokens.match(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`);
    return [1, 3, 5].map((at) => Number.parseInt(found?.[theme + 1]?.slice(at, at + 2) ?? "", 16));
  };
  const luminance = (rgb: number[]) => {
    const [r = 0, g = 0, b = 0] = rgb.map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const strength = Number(scaleColour(10, EXTENT, "high")?.match(/(\d+)%/)?.[1]) / 100;

  test.each([
    ["light", 0],
    ["dark", 1],
  ])("in the %s theme", (_, theme) => {
    for (const ground of ["ground", "ground-hover", "ground-chosen"]) {
      for (const end of ["good", "bad"]) {
        const below = token(ground, theme);
        // A transparent colour over another is mixed with it as light is.
        const mixed = token(end, theme).map(
          (part, at) => part * strength + (below[at] ?? 0) * (1 - strength),
        );
        const pair = [luminance(mixed), luminance(token("text", theme))].sort((a, b) => b - a);
        expect(((pair[0] ?? 0) + 0.05) / ((pair[1] ?? 0) + 0.05)).toBeGreaterThan(4.5);
      }
    }
  });
});

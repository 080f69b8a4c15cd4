import { expect, test } from "vitest";
import { assignPlaces, groupColours, paletteColour } from "../src/data/colours";

test("groups have the colours of the palette in the order in which they appear", () => {
  expect([...groupColours(["tree", "net", "tree", "–"], false)]).toEqual([
    ["tree", paletteColour(0, false)],
    ["net", paletteColour(1, false)],
    ["–", paletteColour(2, false)],
  ]);
});

test("a run keeps its place, and a new one takes the first free", () => {
  const first = assignPlaces(new Map(), ["a", "b", "c"]);
  expect([...first]).toEqual([
    ["a", 0],
    ["b", 1],
    ["c", 2],
  ]);
  const known = new Map([
    ["a", 0],
    ["c", 2],
  ]);
  expect([...assignPlaces(known, ["d", "c", "e", "d"])]).toEqual([
    ["a", 0],
    ["c", 2],
    ["d", 1],
    ["e", 3],
  ]);
});

test("nothing new changes nothing", () => {
  const known = new Map([["a", 0]]);
  expect(assignPlaces(known, ["a"])).toBe(known);
});

test.each([true, false])("forty colours are forty colours (dark: %s)", (isDark) => {
  const colours = Array.from({ length: 40 }, (_, at) => paletteColour(at, isDark));
  expect(new Set(colours).size).toBe(40);
});

test("the first colours show on their ground with a contrast of three to one", () => {
  for (let at = 0; at < 7; at++) {
    expect(contrast(paletteColour(at, false), "#ffffff"), `light ${at}`).toBeGreaterThan(3);
    expect(contrast(paletteColour(at, true), "#111417"), `dark ${at}`).toBeGreaterThan(3);
  }
});

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

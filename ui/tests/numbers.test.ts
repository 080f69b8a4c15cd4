import { describe, expect, test } from "vitest";
import {
  count,
  exactNumber,
  fileSize,
  looksNumeric,
  shortNumber,
  toNumber,
} from "../src/data/numbers";

describe("a number is written with few digits", () => {
  test.each([
    [0, "0"],
    [-0, "0"],
    [0.1, "0.1"],
    [0.123456789, "0.12346"],
    [3067.2456, "3067.2"],
    [-0.00096792, "−9.68e−4"],
    [0.0003, "0.0003"],
    [1e-7, "1e−7"],
    [1.23456e-7, "1.23e−7"],
    [12345, "12\u2009345"],
    [1234, "1234"],
    [123456.789, "123\u2009457"],
    [99999.99, "100\u2009000"],
    [1e9, "1e9"],
    [-1e30, "−1e30"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "∞"],
    [Number.NEGATIVE_INFINITY, "−∞"],
  ])("%d", (value, text) => {
    expect(shortNumber(value)).toBe(text);
  });
});

test("the exact value is what Python reads", () => {
  expect(exactNumber(0.1 + 0.2)).toBe("0.30000000000000004");
  expect(exactNumber(Number.NaN)).toBe("nan");
  expect(exactNumber(Number.NEGATIVE_INFINITY)).toBe("-inf");
});

test("words of the wire become numbers", () => {
  expect([toNumber("NaN"), toNumber("Infinity"), toNumber("-Infinity"), toNumber(2)]).toEqual([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2,
  ]);
});

test("counts and sizes", () => {
  expect(count(1_000_000)).toBe("1\u2009000\u2009000");
  expect([0, 999, 1000, 15_240, 1_100_000, 250_000_000].map(fileSize)).toEqual([
    "0 B",
    "999 B",
    "1.0 KB",
    "15.2 KB",
    "1.1 MB",
    "250 MB",
  ]);
});

test("only plain decimals look numeric", () => {
  const texts = ["1", "-0.5", "5e-4", ".5", "1.", "", "0x1f", "1,5", "nan", "1e", "v1"];
  expect(texts.filter(looksNumeric)).toEqual(["1", "-0.5", "5e-4", ".5", "1."]);
});

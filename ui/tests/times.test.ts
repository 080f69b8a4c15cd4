import { expect, test } from "vitest";
import { duration, exactTime, relativeTime, roughDuration } from "../src/data/times";

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;

test("a deviation of durations is told in its largest unit", () => {
  const spans = [0, 0.4, 340, 1_500, 59_900, 408_000, 90 * MINUTE, 100 * 24 * 60 * MINUTE];
  expect(spans.map(roughDuration)).toEqual([
    "0 ms",
    "0.4 ms",
    "340 ms",
    "1.5 s",
    "60 s",
    "6.8 min",
    "1.5 h",
    "100 d",
  ]);
});

test("times are told relative to now", () => {
  const ages = [0, 59_999, MINUTE, 90 * MINUTE, 25 * 60 * MINUTE, 45 * 24 * 60 * MINUTE];
  expect(ages.map((age) => relativeTime(NOW - age, NOW))).toEqual([
    "just now",
    "just now",
    "1 min ago",
    "1 h ago",
    "1 d ago",
    "1 mo ago",
  ]);
  expect(relativeTime(NOW + 5 * MINUTE, NOW)).toBe("in 5 min");
});

test("durations have two units", () => {
  expect([340, 12_400, 185_000, 7_620_000, 356_400_000, -1].map(duration)).toEqual([
    "340 ms",
    "12.4 s",
    "3 min 05 s",
    "2 h 07 min",
    "4 d 3 h",
    "−1 ms",
  ]);
});

test("an exact time names its zone, and a time beyond the calendar is shown as it is", () => {
  expect(exactTime(NOW)).toMatch(/^2023-11-1[45] \d\d:\d\d:\d\d UTC/);
  expect(exactTime(1e18)).toBe("1000000000000000000");
});

import { expect, test } from "vitest";
import { lookAhead } from "../src/data/sight";

const before = { first: 400, last: 430 };

test("what comes next is asked for in the direction of the scrolling", () => {
  expect(lookAhead(before, { first: 410, last: 440 })).toEqual({ first: 410, last: 590 });
  expect(lookAhead(before, { first: 390, last: 420 })).toEqual({ first: 240, last: 420 });
});

test("nothing is asked for above the first line", () => {
  expect(lookAhead(before, { first: 20, last: 50 })).toEqual({ first: 0, last: 50 });
});

test("who rests, or only sees more, looks no further", () => {
  expect(lookAhead(before, before)).toEqual(before);
  expect(lookAhead(before, { first: 400, last: 450 })).toEqual({ first: 400, last: 450 });
});

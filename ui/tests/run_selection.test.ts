import { expect, test } from "vitest";
import { formatAddress, parseAddress } from "../src/data/address";
import {
  type AddressedSelection,
  addressed,
  formatSelection,
  MOST_NAMED,
  parseSelection,
  selectedOf,
} from "../src/data/run_selection";

const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => (from + at).toString(16).padStart(32, "0"));
const all = { run_ids: ids(0, 5_000), until: 1_700_000_000_123 };

/** What stands in the address of a selection. */
function written(selection: AddressedSelection | undefined): string {
  return formatAddress(["experiments", "7"], formatSelection(selection));
}

function readBack(selection: AddressedSelection | undefined): ReadonlySet<string> {
  return selectedOf(parseSelection(parseAddress(written(selection)).query), all);
}

test("all that match are a short address, and so are all but some", () => {
  const whole = addressed(new Set(all.run_ids), all);
  expect(written(whole)).toBe("#/experiments/7?all=1700000000123");
  expect(readBack(whole)).toEqual(new Set(all.run_ids));
  const some = new Set(all.run_ids);
  some.delete(all.run_ids[17] ?? "");
  expect(written(addressed(some, all))).toBe(
    `#/experiments/7?all=1700000000123&but=${all.run_ids[17]}`,
  );
  expect(readBack(addressed(some, all))).toEqual(some);
});

test("runs beside those that match are named", () => {
  const wanted = new Set([...all.run_ids.slice(3), "elsewhere"]);
  const fitting = addressed(wanted, all);
  expect(fitting?.run_ids).toEqual(new Set(["elsewhere"]));
  expect(fitting?.without.size).toBe(3);
  expect(readBack(fitting)).toEqual(wanted);
});

test("few runs are named, also if they are all that match", () => {
  const few = { run_ids: ids(0, 50), until: 1 };
  expect(addressed(new Set(few.run_ids), few)?.until).toBeUndefined();
  const more = { run_ids: ids(0, 51), until: 1 };
  expect(addressed(new Set(more.run_ids), more)).toMatchObject({ until: 1 });
});

test("the form that names fewer is taken, up to a bound", () => {
  expect(addressed(new Set(ids(0, 400)), all)?.until).toBeUndefined();
  expect(addressed(new Set(ids(0, 5_000 - MOST_NAMED)), all)?.without.size).toBe(MOST_NAMED);
  expect(addressed(new Set(ids(0, 5_000 - MOST_NAMED - 1)), all)).toBeUndefined();
  expect(addressed(new Set(ids(0, MOST_NAMED)))?.run_ids.size).toBe(MOST_NAMED);
  expect(addressed(new Set(ids(0, MOST_NAMED + 1)))).toBeUndefined();
});

test("what matches is not selected before it is known, and nonsense selects nothing", () => {
  const selection = parseSelection(new URLSearchParams("selected=a&all=1700000000123&but=b"));
  expect(selectedOf(selection)).toEqual(new Set(["a"]));
  for (const nonsense of ["-4", "x", "1.5", "0"]) {
    const read = parseSelection(new URLSearchParams({ all: nonsense, but: "b" }));
    expect(read).toEqual({ run_ids: new Set(), without: new Set() });
  }
  expect(written(undefined)).toBe("#/experiments/7");
});

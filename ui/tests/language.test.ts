import { expect, test } from "vitest";
import {
  filterOf,
  nameContains,
  parseVersion,
  runFilter,
  versionFilter,
} from "../src/data/language";

test("plain words are part of a run's name, expressions stay as they are", () => {
  expect(runFilter("  ")).toBe("");
  expect(runFilter("calm-otter 3")).toBe("attributes.run_name ILIKE '%calm-otter 3%'");
  for (const text of [
    "metrics.loss < 1",
    "tags.a is null",
    "not status = 'FAILED'",
    "name like '%x'",
    "metrics.loss",
    "not (params.",
  ]) {
    expect(runFilter(text)).toBe(text);
  }
});

test("quotes in a name do not end the text", () => {
  expect(nameContains("name", "it's")).toBe(`name ILIKE "%it's%"`);
  expect(nameContains("name", `"it's"`)).toBe(`name ILIKE "%_it's_%"`);
});

test("a filter of versions keeps to its model; a number is a version", () => {
  expect(versionFilter("a'b", "")).toBe(`name = "a'b"`);
  expect(versionFilter("a", " v12 ")).toBe("(version_number = 12) AND name = 'a'");
  const either = "version_number = 1 or tags.ok = 'yes'";
  expect(versionFilter("a", either)).toBe(`(${either}) AND name = 'a'`);
});

test("plain words of a filter are part of a name", () => {
  expect(filterOf("house", "name")).toBe("name ILIKE '%house%'");
  expect(filterOf("tags.team = 'risk'", "name")).toBe("tags.team = 'risk'");
});

test.each([
  ["houses 4", ["houses", "4"]],
  ["houses v12", ["houses", "12"]],
  ["models:/my houses/3", ["my houses", "3"]],
  ["houses version 7", ["houses", "7"]],
  ["houses", undefined],
  ["4", undefined],
  ["houses 0", undefined],
])("a version is read from %s", (text, expected) => {
  expect(parseVersion(text)).toEqual(expected);
});

import { describe, expect, test } from "vitest";
import type { ColumnSummary } from "../src/api/types.gen";
import { censusOf } from "../src/data/column_facts";
import {
  beforeMissing,
  completed,
  isAtEnd,
  placeIn,
  suggestionsAt,
  wordAt,
} from "../src/data/completion";

const summary = (kind: ColumnSummary["kind"], key: string): ColumnSummary => ({
  kind,
  key,
  differs: true,
  is_number: kind === "metric",
});
const CENSUS = censusOf([
  summary("metric", "loss"),
  summary("metric", "val loss"),
  summary("param", "model"),
  summary("tag", "phase"),
]);
const labels = (text: string, values: string[] = []) =>
  suggestionsAt(placeIn(text), CENSUS, values).map(({ label }) => label);

describe("what is expected", () => {
  test.each([
    ["", "name", ""],
    ["metrics.lo", "name", "metrics.lo"],
    ["metrics.loss ", "operator", ""],
    ["metrics.loss <", "operator", "<"],
    ["metrics.loss < ", "value", ""],
    ["metrics.`val loss` > ", "value", ""],
    ["params.model = 'tr", "value", "'tr"],
    ["params.model = 'tree'", "nothing", ""],
    ["params.model = 'tree' ", "connective", ""],
    ["params.model = 'tree' a", "connective", "a"],
    ["params.model = 'tree' AND ", "name", ""],
    ["(params.model = 'a' or ", "name", ""],
    ["not ", "name", ""],
    ["params.model IN ('a', ", "value", ""],
    ["params.model IN ('a') ", "connective", ""],
    ["params.model NOT ", "operator", ""],
    ["metrics.loss BETWEEN 1 ", "nothing", ""],
    ["metrics.loss BETWEEN 1 AND ", "value", ""],
    ["metrics.loss BETWEEN 1 AND 2 ", "connective", ""],
    ["tags.phase IS ", "nothing", ""],
    ["tags.phase IS NOT NULL ", "connective", ""],
    ["(params.model = 'a') ", "connective", ""],
  ])("behind %j is %s", (text, expected, typed) => {
    expect(placeIn(text)).toMatchObject({ expected, typed });
  });
});

describe("suggestions", () => {
  test("of names contain what was typed, those that begin with it first", () => {
    const ends = ["metrics.loss.min", "metrics.loss.max"];
    expect(labels("los")).toEqual(["metrics.loss", ...ends, "metrics.`val loss`"]);
    expect(labels("metrics.val")).toContain("metrics.`val loss`");
    expect(labels("commit")).toEqual(["tags.mlflow.source.git.commit"]);
  });

  test("of operators suit the column", () => {
    expect(labels("metrics.loss ")).not.toContain("LIKE");
    expect(labels("tags.phase ")).not.toContain("<");
    expect(labels("params.model ")).toEqual(expect.arrayContaining(["LIKE", "<", "IS NULL"]));
    expect(labels("tags.phase i")).toEqual(["ILIKE", "IN", "IS NULL", "IS NOT NULL"]);
  });

  test("of values are those of the column, quoted so that they are one", () => {
    expect(labels("params.model = 'tr", ["tree", "forest"])).toEqual(["tree"]);
    expect(labels("status = ")).toContain("FAILED");
    expect(labels("attributes.start_time > ")).toContain("ago(7d)");
    const [first] = suggestionsAt(placeIn("params.model = "), CENSUS, ["it's"]);
    expect(first?.text).toBe('"it\'s" ');
  });
});

test("what is missing behind the last word goes behind it as the next one", () => {
  expect(isAtEnd("metrics.loss  ", 12)).toBe(true);
  expect(isAtEnd("metrics.loss < 1", 0)).toBe(false);
  expect(isAtEnd("", undefined)).toBe(false);
  const place = placeIn("metrics.loss ");
  const [suggestion] = suggestionsAt(place, CENSUS, []);
  if (!suggestion) throw new Error("nothing was suggested");
  const next = completed("metrics.loss", 12, place, suggestion);
  expect(next).toEqual({ text: "metrics.loss < ", cursor: 15 });
});

test("within a name that has only begun its keys come next", () => {
  for (const text of ["params.", "metrics.loss < 1 and params. ", "(params"]) {
    const place = placeIn(beforeMissing(text));
    expect(place.expected).toBe("name");
    expect(suggestionsAt(place, CENSUS, []).map(({ label }) => label)).toContain("params.model");
  }
  for (const text of ["metrics.loss", "metrics.loss <", "name"]) {
    expect(beforeMissing(text)).toBe(`${text} `);
  }
});

test("a suggestion takes the place of the word around the cursor", () => {
  const text = "metrics.lo < 1";
  const place = placeIn(text.slice(0, 10));
  const [suggestion] = suggestionsAt(place, CENSUS, []);
  if (!suggestion) throw new Error("nothing was suggested");
  expect(completed(text, 10, place, suggestion)).toEqual({ text: "metrics.loss < 1", cursor: 13 });
});

test("the word at a position is found, at the end one sign behind it", () => {
  expect(wordAt("metrics.loss ~ 1", 0)).toEqual({ start: 0, end: 12 });
  expect(wordAt("metric.loss <", 13)).toEqual({ start: 13, end: 14 });
  expect(wordAt("a = 'x y' b", 4)).toEqual({ start: 4, end: 9 });
  expect(wordAt("", 0)).toEqual({ start: 0, end: 1 });
});

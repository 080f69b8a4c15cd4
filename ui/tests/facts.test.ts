import { expect, test } from "vitest";
import type { Run } from "../src/api/types.gen";
import { rowOf } from "../src/data/columns";
import { type Fact, factsOf } from "../src/views/run/facts";

const RUN = {
  info: { run_id: "a" },
  data: {
    tags: [
      { key: "team", value: "vision" },
      { key: "mlflow.user", value: "ada" },
      { key: "mlflow.source.name", value: "train.py" },
      { key: "batch 10", value: "" },
      { key: "batch 9", value: "" },
    ],
  },
} as unknown as Run;

function names(facts: readonly Fact[]): string[] {
  return facts.map((fact) =>
    fact.kind === "heading"
      ? `${fact.section}: ${fact.count}`
      : "key" in fact
        ? fact.key
        : fact.kind,
  );
}

test("what clients set by themselves stands apart, below all else", () => {
  expect(names(factsOf(rowOf(RUN), "", new Set()))).toEqual([
    "Tags: 3",
    "batch 9",
    "batch 10",
    "team",
    "new-tag",
    "System tags: 2",
    "mlflow.source.name",
    "mlflow.user",
  ]);
});

test("both kinds of tags are found by key and by value, and can be folded", () => {
  expect(names(factsOf(rowOf(RUN), "ADA", new Set()))).toEqual(["System tags: 1", "mlflow.user"]);
  expect(names(factsOf(rowOf(RUN), "batch", new Set(["Tags"])))).toEqual(["Tags: 2"]);
});

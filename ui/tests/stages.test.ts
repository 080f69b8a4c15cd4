import { expect, test } from "vitest";
import {
  isSamePolicy,
  policyOf,
  rowsOf,
  withMove,
  withMoved,
  withNewStage,
} from "../src/views/stages/stage_draft";

const POLICY = {
  stages: [
    { name: "None" },
    { name: "Staging", next_stages: ["Production", "Archived"] },
    { name: "Production", protected: true },
    { name: "Archived" },
  ],
  protected_aliases: ["champion"],
};

test("a policy survives being shown", () => {
  const shown = policyOf(rowsOf(POLICY), "champion");
  expect(isSamePolicy(shown, POLICY)).toBe(true);
  expect(shown.stages[1]).toMatchObject({ next_stages: ["Production", "Archived"] });
  expect(shown.stages[0]).not.toHaveProperty("next_stages");
});

test("closing a move names those that stay open, and opening it again names none", () => {
  const closed = withMove(rowsOf(POLICY), "None", "Production", false);
  expect(policyOf(closed, "").stages[0]).toMatchObject({ next_stages: ["Staging", "Archived"] });
  expect(isSamePolicy(policyOf(closed, "champion"), POLICY)).toBe(false);
  const open = withMove(closed, "None", "Production", true);
  expect(policyOf(open, "").stages[0]).not.toHaveProperty("next_stages");
});

test("a new stage stands before Archived and can be reached unless someone forbids it", () => {
  const rows = withNewStage(
    rowsOf({ ...POLICY, stages: [{ name: "None" }, { name: "Archived" }] }),
  );
  const named = rows.map((row) => (row.isNew ? { ...row, name: " Canary " } : row));
  expect(policyOf(named, "").stages.map(({ name }) => name)).toEqual([
    "None",
    "Canary",
    "Archived",
  ]);
  expect(
    withNewStage(rows)
      .filter(({ isNew }) => isNew)
      .map(({ id }) => id),
  ).toHaveLength(2);
});

test("the first and the last stage keep their places", () => {
  const rows = rowsOf(POLICY);
  const order = (changed: typeof rows) => changed.map(({ name }) => name);
  expect(order(withMoved(rows, "Staging", -1))).toEqual(order(rows));
  expect(order(withMoved(rows, "Production", 1))).toEqual(order(rows));
  expect(order(withMoved(rows, "Staging", 1))).toEqual([
    "None",
    "Production",
    "Staging",
    "Archived",
  ]);
});

test("only who guards a stage may let people approve their own requests", () => {
  const [none, staging, ...rest] = rowsOf(POLICY);
  if (!none || !staging) throw new Error("no stages");
  const rows = [none, { ...staging, isSelfApproved: true }, ...rest];
  expect(policyOf(rows, "").stages[1]).toMatchObject({ self_approval: false });
});

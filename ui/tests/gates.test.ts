import { expect, test } from "vitest";
import type { Gate, RegistryEvent, StagePolicy } from "../src/api/types.gen";
import { demandOf, directionsOf, isBeforeAlias } from "../src/data/gates";
import { plainSentence } from "../src/data/registry_events";
import { isProtectedAlias, mayMove, protectionOf } from "../src/data/stages";
import { draftOf, gateOf } from "../src/views/gates/gate_draft";

const THRESHOLD: Gate = {
  gate: "good enough",
  rule: "metric_threshold",
  stages: ["Production"],
  aliases: [],
  metric: "mse",
  comparison: "<=",
  threshold: 20,
  dataset_name: "houses",
};
const CHAMPION: Gate = {
  gate: "better",
  rule: "metric_against_champion",
  stages: [],
  aliases: ["champion"],
  metric: "r2",
  greater_is_better: true,
  least_improvement: 0.01,
  champion_alias: "champion",
};
const SIZE: Gate = {
  gate: "small",
  rule: "size_limit",
  stages: ["Staging"],
  aliases: [],
  most_bytes: 1_000_000,
};

test.each([
  [THRESHOLD, "mse <= 20 on houses"],
  [CHAMPION, "r2 higher than the champion’s by at least 0.01"],
  [{ ...CHAMPION, least_improvement: 0 }, "r2 no lower than the champion’s"],
  [
    { ...CHAMPION, greater_is_better: false, least_improvement: 0 },
    "r2 no higher than the champion’s",
  ],
  [SIZE, "at most 1\u2009000\u2009000 bytes of files"],
])("a gate says what it demands: $rule", (gate, demand) => {
  expect(demandOf(gate)).toBe(demand);
});

test.each([THRESHOLD, CHAMPION, SIZE])("a form keeps what a gate says: $rule", (gate) => {
  expect(gateOf(draftOf(gate, []))).toEqual(gate);
});

test("an incomplete form is no gate", () => {
  const whole = draftOf(THRESHOLD, []);
  for (const part of [{ gate: " " }, { metric: "" }, { threshold: "a" }, { stages: [] }]) {
    expect(gateOf({ ...whole, ...part })).toBeUndefined();
  }
});

test("gates tell which way a metric is better", () => {
  expect(directionsOf([THRESHOLD, CHAMPION, SIZE])).toEqual(
    new Map([
      ["mse", "lower"],
      ["r2", "higher"],
    ]),
  );
});

test("a stage guards the alias of its name", () => {
  expect(isBeforeAlias(THRESHOLD, "production")).toBe(true);
  expect(isBeforeAlias(CHAMPION, "Champion")).toBe(true);
  expect(isBeforeAlias(CHAMPION, "challenger")).toBe(false);
});

const POLICY: StagePolicy = {
  stages: [
    { name: "None", next_stages: ["Staging"] },
    { name: "Staging" },
    { name: "Production", protected: true },
    { name: "Archived" },
  ],
  protected_aliases: ["champion"],
};

test("a policy says which moves there are and which need approval", () => {
  expect(mayMove(POLICY, "None", "Production")).toBe(false);
  expect(mayMove(POLICY, "Staging", "Production")).toBe(true);
  expect(protectionOf(POLICY, "Staging", "Archived")).toBeUndefined();
  expect(protectionOf(POLICY, "Staging", "Production")).toBe("Production");
  expect(protectionOf(POLICY, "Production", "Archived")).toBe("Production");
  expect(isProtectedAlias(POLICY, "production")).toBe(true);
  expect(isProtectedAlias(POLICY, "CHAMPION")).toBe(true);
  expect(isProtectedAlias(POLICY, "challenger")).toBe(false);
});

test.each<[Partial<RegistryEvent>, string]>([
  [
    { kind: "TRANSITION_REQUESTED", version: "4", to_value: "Production" },
    "asked to move version 4 to Production",
  ],
  [
    { kind: "TRANSITION_APPROVED", version: "4", to_value: "@champion" },
    "approved the request to point @champion to version 4",
  ],
  [
    { kind: "TRANSITION_REJECTED", to_value: "@champion" },
    "refused the request to remove the alias @champion",
  ],
  [{ kind: "GATE_SET", subject: "better", to_value: "{}" }, "set the gate “better”"],
])("requests are told as sentences", (about, sentence) => {
  const event = { event_id: 1, change_id: "c", timestamp: 1, name: "a", ...about };
  expect(plainSentence(event as RegistryEvent)).toBe(sentence);
});

import { expect, test } from "vitest";
import type { Run } from "../src/api/types.gen";
import { findingsOf, obstacleOf, originalOf, outcomeOf, stampOf } from "../src/data/reproduction";
import { reproduceCommand, resumeCommand } from "../src/data/snippets";

const SCRIPT = {
  "mlflow.source.type": "LOCAL",
  "mlflow.source.git.commit": "0123456789abcdef0123456789abcdef01234567",
};

function runWith(tags: Record<string, string>, status = "FINISHED", metrics = ["loss"]): Run {
  return {
    info: { run_id: "child", experiment_id: "1", user_id: "", status },
    data: {
      metrics: metrics.map((key) => ({ key, value: 1, timestamp: 0 })),
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    },
  };
}

test("commands name the server, and are words of a shell", () => {
  expect(reproduceCommand("http://x", "r1")).toBe(
    "export MILLSTREAM_TRACKING_URI=http://x\nmillstream reproduce r1",
  );
  expect(resumeCommand("http://x/a b", "$(r1)")).toBe(
    "export MILLSTREAM_TRACKING_URI='http://x/a b'\nmillstream run --resume '$(r1)'",
  );
  expect(resumeCommand("http://x", "r1", "local")).toMatch(/--resume r1$/);
  expect(resumeCommand("http://x", "r1", "my;own")).toMatch(/--resume r1 --backend 'my;own'$/);
});

test("a stamp tells which run came out the same, when and within what", () => {
  const tags = {
    "millstream.reproduced": "c1",
    "millstream.reproduced.at": "1700000000000",
    "millstream.reproduced.tolerance": "1e-09",
  };
  expect(stampOf(runWith(tags))).toEqual({ run_id: "c1", at: 1_700_000_000_000, tolerance: 1e-9 });
  expect(
    stampOf(runWith({ ...tags, "millstream.reproduced.at": "yesterday" }))?.at,
  ).toBeUndefined();
  expect(stampOf(runWith({}))).toBeUndefined();
});

test("findings are read one by one, and what is none is left out", () => {
  const said = (text: string) => findingsOf(runWith({ "millstream.reproduction.findings": text }));
  const found = [
    { cause: "seed", name: "seed", expected: "1", got: "2" },
    { cause: "environment", name: "numpy", expected: "1.26", got: null },
    { cause: "metrics", name: "loss", expected: 0.5, got: "NaN" },
  ];
  expect(said(JSON.stringify(found))).toEqual(found);
  const odd = JSON.stringify([null, 3, { cause: "data" }, { cause: "a", name: "b", got: {} }]);
  expect(said(odd)).toEqual([{ cause: "a", name: "b", expected: null, got: null }]);
  for (const text of ["", "{}", "[{"]) expect(said(text), text).toBeUndefined();
  expect(findingsOf(runWith({}))).toBeUndefined();
});

test("a child says itself how it came out, whatever came out of later ones", () => {
  const child = runWith({ "millstream.reproduces": "o" });
  expect(originalOf(child)).toBe("o");
  expect(outcomeOf(child)).toBe("lost");
  expect(outcomeOf(runWith({}, "RUNNING"))).toBe("under way");
  for (const outcome of ["same", "different"]) {
    expect(outcomeOf(runWith({ "millstream.reproduction.outcome": outcome }))).toBe(outcome);
  }
});

test("what stands in the way of a reproduction is said with what to do", () => {
  expect(obstacleOf(runWith(SCRIPT))).toBeUndefined();
  expect(obstacleOf(runWith({ ...SCRIPT, "mlflow.source.type": "PROJECT" }))).toBeUndefined();
  expect(obstacleOf(runWith(SCRIPT, "RUNNING"))).toContain("once it has finished");
  expect(obstacleOf(runWith(SCRIPT, "FAILED"))).toContain("this one did not");
  expect(obstacleOf(runWith({ ...SCRIPT, "millstream.sweep": "grid" }, "FAILED"))).toContain(
    "one of its trials",
  );
  expect(obstacleOf(runWith({ ...SCRIPT, "mlflow.source.type": "NOTEBOOK" }))).toContain(
    "a notebook",
  );
  expect(obstacleOf(runWith({ "mlflow.source.type": "LOCAL" }))).toContain("git repository");
  expect(obstacleOf(runWith(SCRIPT, "FINISHED", ["system/cpu"]))).toContain("nothing to compare");
  const withData: Run = {
    ...runWith(SCRIPT, "FINISHED", []),
    inputs: {
      dataset_inputs: [{ dataset: { name: "d", digest: "1", source_type: "http", source: "x" } }],
    },
  };
  expect(obstacleOf(withData)).toBeUndefined();
});

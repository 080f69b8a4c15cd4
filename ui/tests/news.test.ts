import { describe, expect, it } from "vitest";
import type { NewsEvent } from "../src/api/types.gen";
import { concerns, merged, Rounds } from "../src/data/news";

describe("which questions a change concerns", () => {
  const logged: NewsEvent = { runs: ["r1"], runs_of: ["7"] };

  it("asks again about the run, its lines and the tables that it is in", () => {
    expect(concerns(logged, ["run", "r1"])).toBe(true);
    expect(concerns(logged, ["series", { run_ids: ["r0", "r1"], metric_keys: ["loss"] }])).toBe(
      true,
    );
    expect(concerns(logged, ["runs", "table", "7", "flat", {}, "", 0])).toBe(true);
    expect(concerns(logged, ["runs", "compared", ["r1", "r2"]])).toBe(true);
  });

  it("leaves everything else alone", () => {
    expect(concerns(logged, ["run", "r2"])).toBe(false);
    expect(concerns(logged, ["series", { run_ids: ["r2"], metric_keys: ["7"] }])).toBe(false);
    expect(concerns(logged, ["runs", "table", "8", "flat", {}, "", 7])).toBe(false);
    expect(concerns(logged, ["experiments", "search", "", "ACTIVE_ONLY"])).toBe(false);
    expect(concerns(logged, ["registry", "models", "", ""])).toBe(false);
    expect(concerns(logged, ["artifact", "r1", "model.pkl"])).toBe(false);
  });

  it("knows experiments and models", () => {
    expect(concerns({ experiments: ["7"] }, ["experiment", "7"])).toBe(true);
    expect(concerns({ experiments: ["7"] }, ["experiments", "few"])).toBe(true);
    expect(concerns({ models: ["m"] }, ["registry", "model", "m"])).toBe(true);
  });

  it("after a gap asks again for all that can change", () => {
    expect(concerns({ everything: true }, ["run", "r2"])).toBe(true);
    expect(concerns({ everything: true }, ["artifact", "r2", "model.pkl"])).toBe(false);
  });
});

describe("rounds", () => {
  it("gathers what comes while one is under way, and loses nothing", async () => {
    const asked: NewsEvent[] = [];
    let finish = () => {};
    const rounds = new Rounds((news) => {
      asked.push(news);
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    }, 1);
    rounds.add({ runs: ["a"] });
    rounds.add({ runs: ["b"], runs_of: ["1"] });
    rounds.add({ runs: ["b", "c"], models: ["m"] });
    expect(asked).toEqual([{ runs: ["a"] }]);
    finish();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(asked).toHaveLength(2);
    expect(asked[1]?.runs).toEqual(["b", "c"]);
    expect(asked[1]?.models).toEqual(["m"]);
    finish();
  });

  it("merges everything into everything", () => {
    expect(merged({ everything: true }, { runs: ["a"] }).everything).toBe(true);
    expect(merged({ runs: ["a"] }, { runs: ["b"] }).everything).toBe(false);
  });
});

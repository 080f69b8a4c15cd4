import { expect, test } from "vitest";
import type { Lineage, ModelVersion } from "../src/api/types.gen";
import { bestOf, distance, usualDirection } from "../src/data/comparison";
import { folderOf } from "../src/data/model_files";
import { stagesToShow } from "../src/data/stages";
import { type Compared, compareVersions } from "../src/data/version_comparison";
import { differingKeys, gather, metricsOf, paramsOf } from "../src/data/version_origins";

function version(number: string, more: Partial<ModelVersion> = {}): ModelVersion {
  return { name: "houses", version: number, creation_timestamp: Number(number), ...more };
}

function compared(number: string, mse: number, params: Record<string, string>): Compared {
  const run = {
    info: { run_id: number, experiment_id: "1" },
    data: {
      metrics: [{ key: "mse", value: mse, timestamp: 0 }],
      params: Object.entries(params).map(([key, value]) => ({ key, value })),
    },
  } as unknown as NonNullable<Lineage["run"]>;
  const own = version(number);
  return { version: own, lineage: { version: own, artifact_uri: "", run }, manifest: null };
}

test("rows that are alike are left out, and counted", () => {
  const all = [
    compared("1", 2, { alpha: "1", folds: "5" }),
    compared("2", 1, { folds: "5", alpha: "2" }),
  ];
  const rows = compareVersions(all, true);
  const params = rows.filter((row) => row.section === "Params");
  expect(params).toEqual([
    { kind: "heading", section: "Params", shown: 1, total: 2 },
    { kind: "row", section: "Params", key: "alpha", values: ["1", "2"], differs: true },
  ]);
  expect(compareVersions(all, false).filter((row) => row.section === "Params")).toHaveLength(3);
});

test("a value that one version lacks is a difference", () => {
  const all = [compared("1", 2, { alpha: "1" }), compared("2", 2, {})];
  const [, row] = compareVersions(all, true).filter(({ section }) => section === "Params");
  expect(row).toMatchObject({ key: "alpha", values: ["1", undefined] });
});

test("the distance from the first number is told where there is one", () => {
  expect(distance(1, 3)).toBe(-2);
  expect(distance(3, 3)).toBeUndefined();
  expect(distance(Number.NaN, 3)).toBeUndefined();
  expect(distance("a", 3)).toBeUndefined();
});

test("NaN is no difference from NaN", () => {
  const maps = [new Map([["a", Number.NaN]]), new Map([["a", Number.NaN]])];
  expect(differingKeys(maps)).toEqual([]);
});

test("a logged model's metrics come before its run's, its params over them", () => {
  const run = compared("1", 2, { alpha: "1", folds: "5" }).lineage?.run;
  const model = {
    info: {},
    data: {
      metrics: [{ key: "mse", value: "NaN", timestamp: 0 }],
      params: [{ key: "alpha", value: "9" }],
    },
  } as unknown as NonNullable<Lineage["model"]>;
  expect(metricsOf(model, run).get("mse")).toBeNaN();
  expect(metricsOf(undefined, run).get("mse")).toBe(2);
  expect([...paramsOf(model, run)]).toEqual([
    ["alpha", "9"],
    ["folds", "5"],
  ]);
});

test("origins in few experiments take two requests for each", async () => {
  const experiments: Record<string, string> = { a: "1", b: "1", c: "2", d: "1", gone: "" };
  let requests = 0;
  const found = await gather(Object.keys(experiments), {
    one: async (id) => {
      requests += 1;
      const experiment_id = experiments[id];
      return experiment_id ? { found: id.toUpperCase(), experiment_id } : undefined;
    },
    within: async (experiment_id, ids) => {
      requests += 1;
      return ids
        .filter((id) => experiments[id] === experiment_id)
        .map((id) => [id, id.toUpperCase()]);
    },
  });
  expect([...found.keys()].sort()).toEqual(["a", "b", "c", "d"]);
  expect(requests).toBe(5);
});

test("files are read from the logged model, else from the run that has them", () => {
  const run = { info: { run_id: "r", artifact_uri: "mlflow-artifacts:/1/r/artifacts" } };
  const lineage = { version: version("1"), artifact_uri: "", run } as unknown as Lineage;
  expect(folderOf(version("1", { model_id: "m" }), lineage)).toEqual({ model_id: "m" });
  expect(folderOf(version("1", { run_id: "r", source: "runs:/r/model" }), lineage)).toEqual({
    run_id: "r",
    path: "model",
  });
  const source = "mlflow-artifacts:/1/r/artifacts/nested/model";
  expect(folderOf(version("1", { run_id: "r", source }), lineage)).toEqual({
    run_id: "r",
    path: "nested/model",
  });
  expect(folderOf(version("1", { source: "s3://bucket/model" }), lineage)).toBeUndefined();
});

test("stages in use are shown from the last backwards, then those that no one lists", () => {
  const known = ["None", "Staging", "Production", "Archived"];
  expect(stagesToShow(known, ["Canary", "Archived", "Staging"])).toEqual([
    "Production",
    "Staging",
    "Canary",
  ]);
});

test("the best of a row is marked unless all are alike", () => {
  expect([...bestOf([0.5, 0.9, undefined, 0.9], "higher")]).toEqual([1, 3]);
  expect([...bestOf([0.5, Number.NaN, 0.1], "lower")]).toEqual([2]);
  expect(bestOf([0.5, 0.5], "lower").size).toBe(0);
  expect(bestOf([0.5, undefined], "lower").size).toBe(0);
  expect(bestOf(["a", "b"], "lower").size).toBe(0);
});

test("names of metrics say which way is better, or nothing", () => {
  expect(usualDirection("val/loss")).toBe("lower");
  expect(usualDirection("test_rmse")).toBe("lower");
  expect(usualDirection("accuracy")).toBe("higher");
  expect(usualDirection("val_f1")).toBe("higher");
  expect(usualDirection("closs")).toBeUndefined();
  expect(usualDirection("accuracy_loss")).toBeUndefined();
  expect(usualDirection("epoch")).toBeUndefined();
});

import { expect, test } from "vitest";
import type { ServerStatus } from "../src/api/types.gen";
import { troublesOf } from "../src/data/status";

const WELL: ServerStatus = {
  version: "1.0.0",
  mlflow_version: "3.17.0",
  process_id: 1,
  uptime: 10,
  database: { kind: "sqlite", size: 1, schema_version: 3, writer_queue: 0 },
  artifacts: { location: "./mlruns", is_counted: true },
  traffic: { requests: 100, median: 1, p99: 20 },
  streams: 0,
  experiments: 1,
  runs: 1,
  registered_models: 0,
  model_versions: 0,
  outbox: 3,
  dead_letters: 0,
};
const texts = (part: Partial<ServerStatus>) =>
  troublesOf({ ...WELL, ...part }).map(({ text }) => text);

test("a server that is well has no troubles", () => {
  expect(texts({})).toEqual([]);
  expect(texts({ traffic: { requests: 0 } })).toEqual([]);
});

test("dead letters, slow answers and a long queue are told", () => {
  expect(texts({ dead_letters: 1 })).toEqual(["1 delivery of a webhook was given up"]);
  expect(texts({ traffic: { requests: 100, median: 1, p99: 2_500 } })).toEqual([
    "One request in a hundred took longer than 2500 ms",
  ]);
  expect(texts({ traffic: { requests: 3, median: 1, p99: 2_500 } })).toEqual([]);
  const database = { ...WELL.database, writer_queue: 700 };
  const [queue] = texts({ database, registry_database: database });
  expect(queue).toContain("1400 writes wait");
});

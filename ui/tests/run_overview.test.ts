import { expect, test } from "vitest";
import type { Run } from "../src/api/types.gen";
import { childFilter, sharedMetrics } from "../src/data/child_runs";
import { commitAddress, repositoryAddress } from "../src/data/code_address";
import { isSystemTag, rowOf } from "../src/data/columns";
import { datasetFacts } from "../src/data/datasets";
import { nativeFlavor, runSnippet } from "../src/data/snippets";
import { contentsOf } from "../src/views/run/run_contents";

test("a remote leads to the page of its repository, without the password in it", () => {
  for (const remote of [
    "git@github.com:ann/house.git",
    "https://github.com/ann/house.git",
    "https://ann:secret@github.com/ann/house",
    "ssh://git@github.com:2222/ann/house.git/",
  ]) {
    expect(repositoryAddress(remote), remote).toBe("https://github.com/ann/house");
  }
  for (const remote of [
    "/srv/git/house.git",
    "../house",
    "javascript:alert(1)//x/y",
    "",
    "C:\\x",
  ]) {
    expect(repositoryAddress(remote), remote).toBeUndefined();
  }
});

test("a commit has its page in the way of the host", () => {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  expect(commitAddress("git@github.com:a/b.git", commit)).toBe(
    `https://github.com/a/b/commit/${commit}`,
  );
  expect(commitAddress("https://gitlab.example.org/a/b/c", commit)).toBe(
    `https://gitlab.example.org/a/b/c/-/commit/${commit}`,
  );
  expect(commitAddress("git@bitbucket.org:a/b.git", commit)).toBe(
    `https://bitbucket.org/a/b/commits/${commit}`,
  );
  expect(commitAddress("git@github.com:a/b.git", "../../evil")).toBeUndefined();
  expect(commitAddress("", commit)).toBeUndefined();
});

test("a dataset tells its columns, counts and source", () => {
  const dataset = { name: "d", digest: "1", source_type: "http", source: '{"url": "https://x"}' };
  const facts = datasetFacts({
    ...dataset,
    schema: '{"mlflow_colspec": [{"name": "a", "type": "double"}]}',
    profile: '{"num_rows": 3, "shape": {"a": 1}}',
  });
  expect(facts).toEqual({
    columns: [{ name: "a", type: "double" }],
    counts: [["rows", "3"]],
    source: "https://x",
  });
  const tensors =
    '{"mlflow_tensorspec": {"features": "[{\\"type\\": \\"tensor\\", \\"tensor-spec\\": {\\"dtype\\": \\"float64\\", \\"shape\\": [-1, 3]}}]", "targets": null}}';
  expect(datasetFacts({ ...dataset, schema: tensors }).columns[0]).toEqual({
    name: "features",
    type: "tensor<float64>[-1, 3]",
  });
  expect(datasetFacts({ ...dataset, schema: "text", profile: "", source: "code" })).toEqual({
    columns: [],
    counts: [],
    source: undefined,
  });
});

function runWith(metrics: Record<string, number>, tags: Record<string, string> = {}): Run {
  return {
    info: { run_id: "r", experiment_id: "1", user_id: "", status: "FINISHED" },
    data: {
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 0 })),
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    },
  };
}

test("children show the metrics that most of them have", () => {
  const runs = [
    runWith({ b: 1, a: 1, "system/cpu": 1 }),
    runWith({ b: 1, "system/cpu": 1 }),
    runWith({ c: 1 }),
  ];
  expect(sharedMetrics(runs, 2)).toEqual(["b", "a"]);
  expect(childFilter("it's")).toBe('tags.`mlflow.parentRunId` = "it\'s"');
});

test("views are offered for what a run has", () => {
  const has = (run: Run) => contentsOf(rowOf(run));
  expect(has(runWith({ loss: 1, "system/cpu": 1 }))).toEqual({
    hasOwnMetrics: true,
    hasSystemMetrics: true,
    hasImages: false,
    isSweep: false,
  });
  expect(has(runWith({ "system/cpu": 1 })).hasOwnMetrics).toBe(false);
  expect(has(runWith({}, { "mlflow.loggedImages": "True" }))).toEqual({
    hasOwnMetrics: false,
    hasSystemMetrics: false,
    hasImages: true,
    isSweep: false,
  });
});

test("code to copy names the server and quotes what it must", () => {
  expect(runSnippet("http://x", "r1", 'a "b".txt')).toContain(
    'download_artifacts("runs:/r1/a \\"b\\".txt")',
  );
  expect(runSnippet("http://x", "r1")).toContain('millstream.get_run("r1")');
  expect(nativeFlavor(["python_function", "sklearn"])).toBe("sklearn");
  expect(nativeFlavor(["python_function", "my_own"])).toBeUndefined();
});

test("tags that nobody set by hand are told apart", () => {
  expect(["mlflow.user", "millstream.end.reason"].every(isSystemTag)).toBe(true);
  expect(["mlflow", "team", "my.mlflow.user"].some(isSystemTag)).toBe(false);
});

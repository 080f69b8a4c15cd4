import { expect, test } from "vitest";
import type { OwnLevels, Resource } from "../src/api/types.gen";
import { together } from "../src/data/permission_requests";

const experiment = (resource_id: string): Resource => ({
  resource_type: "experiment",
  resource_id,
});

/** A server where everybody edits what has an even number, and what it was asked. */
function server() {
  const asked: [string, string[]][] = [];
  const ask = together(async (type, ids): Promise<OwnLevels> => {
    asked.push([type, ids]);
    await Promise.resolve();
    if (ids.includes("broken")) throw new Error("no answer");
    const seen = ids.filter((id) => Number(id) % 2 === 0);
    return { levels: seen.map((resource_id) => ({ resource_id, permission: "EDIT" })) };
  });
  return { asked, ask };
}

test("what a list asks is one request for each type, and each gets its own", async () => {
  const { asked, ask } = server();
  const model: Resource = { resource_type: "registered_model", resource_id: "4" };
  const resources = [experiment("2"), experiment("3"), model, experiment("2")];
  expect(await Promise.all(resources.map(ask))).toEqual(["EDIT", "NO_PERMISSIONS", "EDIT", "EDIT"]);
  expect(asked).toEqual([
    ["experiment", ["2", "3"]],
    ["registered_model", ["4"]],
  ]);
  await ask(experiment("8"));
  expect(asked).toHaveLength(3);
});

test("no request is longer than what the server reads", async () => {
  const { asked, ask } = server();
  await Promise.all(Array.from({ length: 1_200 }, (_, at) => ask(experiment(String(at)))));
  expect(asked.map(([, ids]) => ids.length)).toEqual([1_000, 200]);
});

test("a failure is that of all who asked together, and of nobody else", async () => {
  const { ask } = server();
  const both = [ask(experiment("broken")), ask(experiment("2"))];
  for (const one of both) await expect(one).rejects.toThrow("no answer");
  expect(await ask(experiment("2"))).toBe("EDIT");
});

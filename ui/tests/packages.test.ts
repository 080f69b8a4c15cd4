import { expect, test } from "vitest";
import type { Run } from "../src/api/types.gen";
import { modelFolderOf, parseRequirements } from "../src/data/packages";

test("requirements are read by package, whatever they are called and whatever is noted", () => {
  const text = [
    "# made by hand",
    "NumPy==2.3.5",
    "scikit_learn >= 1.7, < 2 # the newer one breaks",
    "uvicorn[standard]==0.30",
    "millstream",
    "-r other.txt",
    "",
  ].join("\n");
  expect([...parseRequirements(text)]).toEqual([
    ["numpy", "==2.3.5"],
    ["scikit-learn", ">=1.7,<2"],
    ["uvicorn[standard]", "==0.30"],
    ["millstream", "any"],
  ]);
});

test("the model logged last is the one whose files are read", () => {
  const run = (more: object) => ({ info: { run_id: "r" }, ...more }) as unknown as Run;
  const outputs = { model_outputs: [{ model_id: "m-1" }, { model_id: "m-2" }] };
  expect(modelFolderOf(run({ outputs }))).toEqual({ model_id: "m-2" });
  const history = JSON.stringify([{ artifact_path: "a" }, { artifact_path: "b/model" }]);
  const tagged = (value: string) =>
    run({ data: { tags: [{ key: "mlflow.log-model.history", value }] } });
  expect(modelFolderOf(tagged(history))).toEqual({ run_id: "r", path: "b/model" });
  expect(modelFolderOf(tagged("no JSON"))).toBeUndefined();
  expect(modelFolderOf(run({}))).toBeUndefined();
});

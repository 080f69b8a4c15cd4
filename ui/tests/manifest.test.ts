import { expect, test } from "vitest";
import { parseManifest, typeName } from "../src/data/manifest";
import { curlCommand, examplePayload, loadSnippet, shellWord } from "../src/data/snippets";

const MLMODEL = `
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.12.3
  sklearn:
    serialization_format: skops
    sklearn_version: 1.7.2
model_size_bytes: 18432
saved_input_example_info:
  serving_input_path: serving_input_example.json
signature:
  inputs: '[{"type": "double", "name": "rooms", "required": true}, {"type": "long", "name":
    "built", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]'
  params: '[{"name": "quantile", "type": "double", "default": 0.5, "shape": null}]'
`;

test("an MLmodel file tells flavours, signature and example", async () => {
  const manifest = await parseManifest(MLMODEL);
  expect(manifest).toEqual({
    flavors: [
      { name: "python_function", version: undefined },
      { name: "sklearn", version: "1.7.2" },
    ],
    signature: {
      inputs: [
        { name: "rooms", type: "double", isRequired: true },
        { name: "built", type: "long", isRequired: false },
      ],
      outputs: [{ name: "", type: "tensor<float64>[-1]", isRequired: true }],
      params: [{ name: "quantile", type: "double", usual: "0.5" }],
    },
    servingExample: "serving_input_example.json",
    size: 18432,
    pythonVersion: "3.12.3",
  });
});

test("a model without a signature has none, and a broken file says so", async () => {
  expect((await parseManifest("flavors: {}\nsignature: null")).signature).toBeUndefined();
  await expect(parseManifest("flavors: [")).rejects.toThrow();
  await expect(parseManifest("signature: {inputs: '['}")).rejects.toThrow();
});

test("nested types are written as people write them", () => {
  const tags = { type: "array", items: { type: "string" } };
  expect(typeName(tags)).toBe("array<string>");
  expect(typeName({ type: "map", values: tags })).toBe("map<array<string>>");
  const properties = { a: { type: "long" }, b: { ...tags, required: false } };
  expect(typeName({ type: "object", properties })).toBe("{a: long, b?: array<string>}");
});

test("an example request fits the signature", async () => {
  const { signature } = await parseManifest(MLMODEL);
  expect(JSON.parse(examplePayload(signature))).toEqual({
    dataframe_split: { columns: ["rooms", "built"], data: [[0.5, 1]] },
  });
  const tensor = { name: "", type: "tensor<float32>[-1, 2]", isRequired: true };
  const of = (inputs: (typeof tensor)[]) => examplePayload({ inputs, outputs: [], params: [] });
  expect(JSON.parse(of([tensor]))).toEqual({ inputs: [[0, 0]] });
  expect(JSON.parse(of([{ ...tensor, name: "x" }]))).toEqual({ inputs: { x: [[0, 0]] } });
});

test("what is copied survives the shell and Python", () => {
  expect(shellWord("models:/a/1")).toBe("models:/a/1");
  expect(shellWord("it's $HOME")).toBe("'it'\\''s $HOME'");
  expect(curlCommand('{"a": 1}')).toContain(`-d '{"a": 1}'`);
  expect(loadSnippet("http://h", 'models:/a "b"/1')).toContain('load_model("models:/a \\"b\\"/1")');
});

/** The MLmodel file: flavours and signature, as far as pages show them. */

/** One column or tensor of a signature. */
export interface Field {
  name: string;
  type: string;
  isRequired: boolean;
}

/** A param that may be passed when predicting. */
export interface SignatureParam {
  name: string;
  type: string;
  usual: string;
}

export interface Signature {
  inputs: Field[];
  outputs: Field[];
  params: SignatureParam[];
}

export interface Manifest {
  flavors: { name: string; version: string | undefined }[];
  signature: Signature | undefined;
  /** The file with an example of a request, below the model's folder. */
  servingExample: string | undefined;
  size: number | undefined;
  pythonVersion: string | undefined;
}

/** Reads an MLmodel file. The YAML reader is loaded when the first one is read. */
export async function parseManifest(text: string): Promise<Manifest> {
  const { parse } = await import("yaml");
  const read = asObject(parse(text));
  const flavors = asObject(read.flavors);
  const example = asObject(read.saved_input_example_info);
  const size = Number(read.model_size_bytes);
  return {
    flavors: Object.entries(flavors).map(([name, about]) => ({
      name,
      version: versionIn(asObject(about), name),
    })),
    signature: read.signature ? signatureOf(asObject(read.signature)) : undefined,
    servingExample: textOf(example.serving_input_path),
    size: size > 0 ? size : undefined,
    pythonVersion: textOf(asObject(flavors.python_function).python_version),
  };
}

function versionIn(about: Record<string, unknown>, flavor: string): string | undefined {
  const key = [
    `${flavor}_version`,
    ...Object.keys(about).filter((name) => name.endsWith("_version")),
  ]
    .filter((name) => name !== "python_version" && name !== "mlflow_version")
    .find((name) => typeof about[name] === "string");
  return key && textOf(about[key]);
}

function signatureOf(read: Record<string, unknown>): Signature {
  return {
    inputs: listIn(read.inputs).map(fieldOf),
    outputs: listIn(read.outputs).map(fieldOf),
    params: listIn(read.params).map((param) => ({
      name: textOf(param.name) ?? "",
      type: typeName(param) + shapeOf(param.shape),
      usual: param.default === undefined ? "" : JSON.stringify(param.default),
    })),
  };
}

/** A signature's lists are JSON in a text of the YAML. */
function listIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== "string") return [];
  const list: unknown = JSON.parse(value);
  return Array.isArray(list) ? list.map(asObject) : [];
}

function fieldOf(field: Record<string, unknown>): Field {
  return {
    name: textOf(field.name) ?? "",
    type: typeName(field),
    isRequired: field.required !== false && field.optional !== true,
  };
}

/** A type as people write it: `double`, `array<string>`, `tensor<float32>[−1, 3]`. */
export function typeName(field: Record<string, unknown>): string {
  const type = textOf(field.type) ?? "";
  if (type === "tensor") {
    const tensor = asObject(field["tensor-spec"]);
    return `tensor<${textOf(tensor.dtype) ?? "?"}>${shapeOf(tensor.shape)}`;
  }
  if (type === "array") return `array<${typeName(asObject(field.items))}>`;
  if (type === "map") return `map<${typeName(asObject(field.values))}>`;
  if (type === "object") {
    const properties = Object.entries(asObject(field.properties));
    const inner = properties.map(([name, of]) => {
      const property = asObject(of);
      return `${name}${property.required === false ? "?" : ""}: ${typeName(property)}`;
    });
    return `{${inner.join(", ")}}`;
  }
  return type;
}

function shapeOf(shape: unknown): string {
  return Array.isArray(shape) ? `[${shape.map(String).join(", ")}]` : "";
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

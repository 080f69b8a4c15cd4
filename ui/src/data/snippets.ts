/** Code and commands that a reader copies: how to load, serve and call a version. */
import type { Signature } from "./manifest";
import { fileUri } from "./model_paths";

/** A text as Python writes it. */
export function pythonText(text: string): string {
  return JSON.stringify(text);
}

/** A text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** How Python loads the model and predicts. */
export function loadSnippet(server: string, uri: string): string {
  return [
    "import millstream",
    "",
    `millstream.set_tracking_uri(${pythonText(server)})`,
    `model = millstream.pyfunc.load_model(${pythonText(uri)})`,
    "predictions = model.predict(data)",
  ].join("\n");
}

/** Flavors that have a module of their name, whose models load as their library saved them. */
const MODULES =
  "catboost h2o keras lightgbm onnx paddle pmdarima prophet pytorch sentence_transformers shap sklearn spacy spark statsmodels tensorflow transformers xgboost".split(
    " ",
  );

/** The flavor of a model that loads as its own library saved it; undefined if there is none. */
export function nativeFlavor(names: readonly string[]): string | undefined {
  return names.find((name) => MODULES.includes(name));
}

/** How Python loads the model as the object that its own library saved. */
export function loadNativeSnippet(server: string, uri: string, flavor: string): string {
  return [
    "import millstream",
    "",
    `millstream.set_tracking_uri(${pythonText(server)})`,
    `model = millstream.${flavor}.load_model(${pythonText(uri)})`,
  ].join("\n");
}

/** How Python reads a run: what it logged, and a file of it. */
export function runSnippet(server: string, run_id: string, path?: string): string {
  const lines = ["import millstream", "", `millstream.set_tracking_uri(${pythonText(server)})`];
  if (path === undefined) lines.push(`run = millstream.get_run(${pythonText(run_id)})`);
  else {
    const uri = pythonText(fileUri(run_id, path));
    lines.push(`path = millstream.artifacts.download_artifacts(${uri})`);
  }
  return lines.join("\n");
}

/** How the model becomes a service on this machine. */
export function serveCommand(server: string, uri: string): string {
  return command(server, `millstream models serve -m ${shellWord(uri)} -p 5001`);
}

/** How a script goes on logging to a run that exists: one line for each thing that is logged. */
export function logSnippet(server: string, run_id: string, ...calls: string[]): string {
  return [
    "import millstream",
    "",
    `millstream.set_tracking_uri(${pythonText(server)})`,
    `with millstream.start_run(run_id=${pythonText(run_id)}):`,
    ...calls.map((call) => `    millstream.${call}`),
  ].join("\n");
}

/** How the service is asked for predictions. */
export function curlCommand(payload: string): string {
  return [
    "curl http://127.0.0.1:5001/invocations \\",
    "  -H 'Content-Type: application/json' \\",
    `  -d ${shellWord(payload)}`,
  ].join("\n");
}

const EXAMPLES: Record<string, unknown> = {
  boolean: true,
  integer: 1,
  long: 1,
  float: 0.5,
  double: 0.5,
  string: "text",
  datetime: "2026-01-31T12:00:00",
};

/** A request with a made-up value for each input, as the scoring server takes it. */
export function examplePayload(signature: Signature | undefined): string {
  const inputs = signature?.inputs ?? [];
  if (inputs.length === 0) return JSON.stringify({ inputs: [[0.5, 1.5]] });
  if (inputs.some((field) => field.type.startsWith("tensor"))) return tensorPayload(inputs);
  if (inputs.some((field) => !field.name)) {
    return JSON.stringify({ inputs: [inputs.map(exampleOf)] });
  }
  return JSON.stringify({
    dataframe_split: { columns: inputs.map((field) => field.name), data: [inputs.map(exampleOf)] },
  });
}

function exampleOf({ type }: { type: string }): unknown {
  if (type.startsWith("array")) return [];
  if (/^(map|\{)/.test(type)) return {};
  return EXAMPLES[type] ?? "text";
}

function tensorPayload(inputs: Signature["inputs"]): string {
  const named = inputs.filter((field) => field.name);
  if (named.length === 0) return JSON.stringify({ inputs: zeros(inputs[0]?.type ?? "") });
  return JSON.stringify({
    inputs: Object.fromEntries(named.map((field) => [field.name, zeros(field.type)])),
  });
}

const MOST_ZEROS = 64;

/** Zeros in the shape of a tensor's type; one row where the shape leaves the number open. */
function zeros(type: string): unknown {
  const shape = (type.match(/\[(.*)\]$/)?.[1] ?? "1").split(", ").map(Number);
  const sizes = shape.map((size) => (size > 0 ? size : 1));
  if (sizes.reduce((product, size) => product * size, 1) > MOST_ZEROS) return ["…"];
  return sizes.reduceRight<unknown>((inner, size) => Array.from({ length: size }, () => inner), 0);
}

/** How a sweep that was ended goes on, from the id of its parent run, where it was carried out. */
export function resumeCommand(server: string, run_id: string, backend = "local"): string {
  const where = backend === "local" ? "" : ` --backend ${shellWord(backend)}`;
  return command(server, `millstream run --resume ${shellWord(run_id)}${where}`);
}

/** How a run is repeated, and held against what it was. */
export function reproduceCommand(server: string, run_id: string): string {
  return command(server, `millstream reproduce ${shellWord(run_id)}`);
}

function command(server: string, text: string): string {
  return `export MILLSTREAM_TRACKING_URI=${shellWord(server)}\n${text}`;
}

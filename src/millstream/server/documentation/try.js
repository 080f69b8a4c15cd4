// Shows every operation of openapi.json with a form that sends it.

const root = new URL(".", document.baseURI).pathname.replace(/\/$/, "");
const operations = document.getElementById("operations");

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function resolve(schema, description) {
  const name = schema?.$ref?.split("/").pop();
  return name ? description.components.schemas[name] : (schema ?? {});
}

function example(given, description, depth = 0) {
  const schema = resolve(given, description);
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return example(schema.anyOf[0], description, depth);
  if (schema.type === "array") return depth > 3 ? [] : [example(schema.items, description, depth + 1)];
  if (schema.type === "object") {
    const entries = Object.entries(schema.properties ?? {});
    return Object.fromEntries(entries.map(([name, value]) => [name, example(value, description, depth + 1)]));
  }
  return { integer: 0, number: 0, boolean: false }[schema.type] ?? "";
}

function request(form, method, path) {
  const query = new URLSearchParams();
  let address = path;
  for (const field of form.querySelectorAll("input")) {
    const { name, place, many } = field.dataset;
    if (place === "path") address = address.replace(`{${name}}`, encodeURIComponent(field.value));
    else if (field.value !== "")
      for (const value of many ? field.value.split(",") : [field.value]) query.append(name, value.trim());
  }
  const text = form.querySelector("textarea")?.value;
  const headers = text === undefined ? {} : { "Content-Type": "application/json" };
  const tail = query.size ? `?${query}` : "";
  return [address + tail, { method, headers, body: text }];
}

async function show(form, method, path, output) {
  const [address, options] = request(form, method, path);
  output.hidden = false;
  output.textContent = "…";
  const begun = performance.now();
  try {
    const answer = await fetch(address, options);
    const text = await answer.text();
    const took = (performance.now() - begun).toFixed(1);
    let pretty = text;
    try {
      pretty = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // Not JSON: shown as it came.
    }
    output.textContent = `${method} ${address}\n${answer.status} in ${took} ms\n\n${pretty}`;
  } catch (error) {
    output.textContent = `${method} ${address}\nNo answer: ${error.message}`;
  }
}

function parameter(described, description) {
  const schema = resolve(described.schema, description);
  const many = schema.type === "array";
  const input = make("input", { required: described.required });
  Object.assign(input.dataset, { name: described.name, place: described.in });
  if (many) input.dataset.many = "yes";
  const notes = [described.required ? "required" : "", many ? "several, separated by commas" : ""];
  const note = notes.filter(Boolean).join(", ");
  return make("label", {}, `${described.name}${note ? ` (${note})` : ""}`, input);
}

function operation(path, method, described, description) {
  const verb = method.toUpperCase();
  const form = make("form", {});
  form.append(make("p", { textContent: described.description }));
  for (const item of described.parameters ?? []) form.append(parameter(item, description));
  const body = described.requestBody?.content["application/json"].schema;
  if (body) {
    const value = JSON.stringify(example(body, description), null, 2);
    const area = make("textarea", { value, rows: Math.min(value.split("\n").length, 20), spellcheck: false });
    form.append(make("label", {}, "Body", area));
  }
  const output = make("pre", { hidden: true });
  form.append(make("button", { textContent: "Send" }), output);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show(form, verb, path, output);
  });
  const head = make(
    "summary",
    {},
    make("span", { className: "method", textContent: verb }),
    make("code", { textContent: path }),
    ` ${described.summary}`,
  );
  const entry = make("details", {}, head, form);
  entry.dataset.text = `${verb} ${path} ${described.summary}`.toLowerCase();
  return entry;
}

function filter(text) {
  for (const entry of operations.querySelectorAll("details"))
    entry.hidden = !entry.dataset.text.includes(text.toLowerCase());
}

async function start() {
  const answer = await fetch(`${root}/openapi.json`);
  const description = await answer.json();
  document.getElementById("about").textContent = description.info.description;
  const groups = new Map();
  for (const [path, methods] of Object.entries(description.paths))
    for (const [method, described] of Object.entries(methods)) {
      const entries = groups.get(described.tags[0]) ?? [];
      entries.push(operation(path, method, described, description));
      groups.set(described.tags[0], entries);
    }
  operations.replaceChildren();
  for (const [name, entries] of groups)
    operations.append(make("section", {}, make("h2", { textContent: name }), ...entries));
  document.getElementById("find").addEventListener("input", (event) => filter(event.target.value));
}

start().catch((error) => {
  operations.textContent = `The description of the API could not be loaded: ${error.message}`;
});

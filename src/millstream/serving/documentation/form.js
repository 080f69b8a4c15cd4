// A form made from the signature of a model: openapi.json says which fields there are.

const byId = (id) => document.getElementById(id);
const WHOLE = new Set(["integer", "long"]);
const MOST_SHOWN = 200;
const ASK_AGAIN_MS = 1000;
let model;
let asJson = false;

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function isNumber(type) {
  return WHOLE.has(type) || /^(double|float|u?int|complex)/.test(type);
}

function shown(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

// JSON with each list of plain values on one line.
function pretty(value, indent = "") {
  const nested = Object.values(value ?? {}).some((inner) => inner !== null && typeof inner === "object");
  if (value === null || typeof value !== "object" || !nested) return JSON.stringify(value);
  const deeper = `${indent}  `;
  const named = ([name, inner]) => `${deeper}${JSON.stringify(name)}: ${pretty(inner, deeper)}`;
  const plain = (inner) => deeper + pretty(inner, deeper);
  const parts = Array.isArray(value) ? value.map(plain) : Object.entries(value).map(named);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}

// What a field says, in the type that the model takes. Numbers that JSON cannot carry stay text.
function read(text, type) {
  if (text === "") return null;
  if (type === "boolean" || type === "bool") return text === "true";
  if (WHOLE.has(type) || /^u?int/.test(type)) {
    const whole = Number(text);
    return Number.isSafeInteger(whole) ? whole : text;
  }
  if (isNumber(type)) return Number.isFinite(Number(text)) ? Number(text) : text;
  if (type === "any") {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text;
}

function control(field, value) {
  const { type } = field;
  let input;
  if (type === "boolean" || type === "bool") {
    const options = ["true", "false"].map((text) => make("option", { value: text, textContent: text }));
    input = make("select", {}, make("option", { value: "", textContent: "" }), ...options);
  } else {
    input = make("input", { inputMode: isNumber(type) ? "decimal" : "text", autocomplete: "off" });
  }
  input.value = shown(value);
  input.dataset.type = type;
  const note = field.required === false ? `${type}, optional` : type;
  const kind = make("span", { className: "type", textContent: type === "any" ? "" : ` ${note}` });
  const name = make("span", { className: "name", title: `${field.name} (${note})` }, field.name, kind);
  return make("label", {}, name, input);
}

function addRow(values) {
  const inputs = model.form.columns.map((field, index) => control(field, values[index]));
  const legend = make("legend", {});
  const remove = make("button", { type: "button", className: "remove", textContent: "Remove" });
  const row = make("fieldset", { className: "row" }, legend, remove, make("div", { className: "values" }, ...inputs));
  row.dataset.row = "yes";
  remove.addEventListener("click", () => {
    row.remove();
    number();
  });
  const params = byId("fields").querySelector("[data-params]");
  byId("fields").insertBefore(row, params);
  number();
}

function rowSets() {
  return [...byId("fields").querySelectorAll("[data-row]")];
}

function number() {
  const rows = rowSets();
  rows.forEach((row, index) => {
    row.querySelector("legend").textContent = `Row ${index + 1}`;
    row.querySelector(".remove").hidden = rows.length === 1;
  });
  update();
}

function paramSet() {
  const inputs = model.form.params.map((field) => control(field, field.value ?? field.default));
  const set = make("fieldset", { className: "row" }, make("legend", { textContent: "Params" }));
  set.append(make("div", { className: "values" }, ...inputs));
  set.dataset.params = "yes";
  return set;
}

function valuesOf(set) {
  return [...set.querySelectorAll("input, select")].map((input) => read(input.value, input.dataset.type));
}

// The body that the fields say. A column whose fields are all empty is left out if it may be.
function composed() {
  const { columns, key, params } = model.form;
  const rows = rowSets().map(valuesOf);
  const body = {};
  if (key === "dataframe_split") {
    const kept = columns.map((field, at) => field.required !== false || rows.some((row) => row[at] !== null));
    const filter = (row) => row.filter((_, at) => kept[at]);
    body[key] = { columns: filter(columns.map((field) => field.name)), data: rows.map(filter) };
  } else {
    body[key] = rows;
  }
  if (params.length) {
    const values = valuesOf(byId("fields").querySelector("[data-params]"));
    const given = params.map((field, at) => [field.name, readParam(values[at], field)]);
    body.params = Object.fromEntries(given.filter(([, value]) => value !== null));
  }
  return JSON.stringify(body);
}

function readParam(value, field) {
  return typeof value === "string" && Array.isArray(field.default) ? read(value, "any") : value;
}

function currentBody() {
  return asJson ? byId("body").value : composed();
}

function update() {
  const address = new URL(model.path, location.href).href;
  const body = currentBody().replaceAll("'", "'\\''");
  byId("shell").textContent = `curl ${address} \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}

function choose(json) {
  if (json && !asJson) byId("body").value = pretty(JSON.parse(composed()));
  asJson = json;
  byId("tab-fields").setAttribute("aria-selected", String(!json));
  byId("tab-body").setAttribute("aria-selected", String(json));
  byId("fields").hidden = json;
  byId("body-panel").hidden = !json;
  byId("add").hidden = json;
  update();
}

function table(predictions) {
  const records = predictions.map((value) => (value && typeof value === "object" && !Array.isArray(value) ? value : { prediction: value }));
  const names = [...new Set(records.flatMap(Object.keys))];
  const head = make("tr", {}, ...["", ...names].map((name) => make("th", { textContent: name })));
  const rows = records.map((record, index) =>
    make(
      "tr",
      {},
      make("th", { textContent: `Row ${index + 1}` }),
      ...names.map((name) => make("td", { textContent: shown(record[name]) })),
    ),
  );
  return make("div", { className: "scroll" }, make("table", { className: "answer" }, head, ...rows));
}

function present(status, text, milliseconds) {
  const took = make("p", { className: "hint", textContent: `${status} in ${milliseconds.toFixed(1)} ms` });
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    return [make("pre", { textContent: text }), took];
  }
  if (status !== 200) {
    const message = make("pre", { className: "wrong", textContent: answer.message ?? text });
    return [message, ...(answer.stack_trace ? [make("pre", { textContent: answer.stack_trace })] : []), took];
  }
  const found = answer.predictions ?? answer;
  const flat = Array.isArray(found) && found.length && found.length <= MOST_SHOWN;
  return [flat ? table(found) : make("pre", { textContent: JSON.stringify(answer, null, 2) }), took];
}

async function send() {
  const output = byId("output");
  output.replaceChildren(make("p", { className: "hint", textContent: "…" }));
  const begun = performance.now();
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(model.path, { method: "POST", headers, body: currentBody() });
    const text = await answer.text();
    output.replaceChildren(...present(answer.status, text, performance.now() - begun));
  } catch (error) {
    output.replaceChildren(make("pre", { className: "wrong", textContent: `No answer: ${error.message}` }));
  }
}

function show(chosen) {
  model = chosen;
  const { form } = model;
  byId("name").textContent = model.name;
  document.title = model.name;
  byId("about").textContent = model.about;
  byId("fields").replaceChildren();
  byId("tabs").hidden = form.columns === null;
  byId("body").value = pretty(form.body);
  asJson = form.columns === null;
  if (form.columns !== null) {
    if (form.params.length) byId("fields").append(paramSet());
    for (const row of form.rows.length ? form.rows.slice(0, 1) : [[]]) addRow(row);
  }
  choose(asJson);
}

async function watch() {
  const state = byId("state");
  const answer = await fetch("ping");
  state.className = answer.ok ? "ready" : "wrong";
  state.textContent = answer.ok ? "ready" : "not ready";
  if (!answer.ok) {
    state.title = (await answer.json()).message;
    setTimeout(watch, ASK_AGAIN_MS);
  }
}

async function start() {
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  byId("form").addEventListener("input", update);
  byId("tab-fields").addEventListener("click", () => choose(false));
  byId("tab-body").addEventListener("click", () => choose(true));
  byId("add").addEventListener("click", () => addRow(model.form.rows[rowSets().length] ?? []));
  byId("copy").addEventListener("click", () => navigator.clipboard.writeText(byId("shell").textContent));
  watch();
  const description = await (await fetch("openapi.json")).json();
  const models = description["x-models"];
  const select = byId("models");
  select.hidden = models.length === 1;
  select.append(...models.map((one, at) => make("option", { value: String(at), textContent: one.name })));
  select.addEventListener("change", () => show(models[Number(select.value)]));
  show(models[0]);
}

start().catch((error) => {
  byId("output").replaceChildren(make("p", { className: "wrong", textContent: `The model could not be described: ${error.message}` }));
});

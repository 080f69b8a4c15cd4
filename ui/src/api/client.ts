/** Requests to the server that served this page; every address is relative to the page's own. */
import { refused, withWord } from "./credentials";

/** What the server said went wrong; `message` is meant for people. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly request: string,
    /** Where in a filter the trouble is, in characters from 0. */
    readonly position?: number,
    /** What is missing there, or what would be right. */
    readonly hint?: string,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** What to tell at the place of the trouble. */
  get advice(): string {
    const hint = this.hint ?? "";
    return hint ? hint.charAt(0).toUpperCase() + hint.slice(1) : this.message;
  }

  /** All that is known, as text for a bug report. */
  get details(): string {
    return `${this.request}\nHTTP ${this.status} ${this.code}\n${this.message}`;
  }
}

/** The address of the server as scripts need it, without a trailing slash. */
export function serverAddress(): string {
  return new URL(".", document.baseURI).href.replace(/\/$/, "");
}

/** The absolute address of a page, for someone else to open. */
export function pageAddress(hash: string): string {
  return new URL(hash, document.baseURI).href;
}

/** An absolute address for a path below the server's root. */
export function addressOf(path: string, query: Query = {}): string {
  const url = new URL(path, new URL(".", document.baseURI));
  for (const [name, value] of Object.entries(query)) {
    const values = Array.isArray(value) ? value : value == null ? [] : [value];
    for (const each of values) url.searchParams.append(name, each);
  }
  return url.href;
}

/** What is undefined is left out; a list is one pair for each item. */
type Query = Record<string, string | readonly string[] | undefined>;

/** GET of MLflow's REST interface, below `ajax-api/2.0/mlflow/`. */
export function get<Answer>(path: string, query: Query, signal?: AbortSignal): Promise<Answer> {
  const address = addressOf(`ajax-api/2.0/mlflow/${path}`, query);
  return answer<Answer>(address, { method: "GET", signal: signal ?? null });
}

/** GET of Millstream's own interface, below `api/v1/`. */
export function getOwn<Answer>(path: string, query: Query, signal?: AbortSignal): Promise<Answer> {
  return answer<Answer>(addressOf(`api/v1/${path}`, query), {
    method: "GET",
    signal: signal ?? null,
  });
}

/** GET of version 3.0 of MLflow's REST interface, below `api/3.0/mlflow/`. */
export function getNewer<Answer>(
  path: string,
  query: Query,
  signal?: AbortSignal,
): Promise<Answer> {
  return answer<Answer>(addressOf(`api/3.0/mlflow/${path}`, query), {
    method: "GET",
    signal: signal ?? null,
  });
}

/** A change by version 3.0 of MLflow's REST interface, below `api/3.0/mlflow/`. */
export function sendNewer<Answer>(
  method: "POST" | "PATCH" | "DELETE",
  path: string,
  body: object,
): Promise<Answer> {
  return send<Answer>(method, `api/3.0/mlflow/${path}`, body);
}

/** POST to MLflow's REST interface, below `ajax-api/2.0/mlflow/`. */
export function post<Answer>(path: string, body: object, signal?: AbortSignal): Promise<Answer> {
  return send<Answer>("POST", `ajax-api/2.0/mlflow/${path}`, body, signal);
}

/** PATCH of MLflow's REST interface, below `ajax-api/2.0/mlflow/`. */
export function patch<Answer>(path: string, body: object): Promise<Answer> {
  return send<Answer>("PATCH", `ajax-api/2.0/mlflow/${path}`, body);
}

/** DELETE of MLflow's REST interface, below `ajax-api/2.0/mlflow/`. */
export function remove<Answer>(path: string, body: object): Promise<Answer> {
  return send<Answer>("DELETE", `ajax-api/2.0/mlflow/${path}`, body);
}

/** POST to Millstream's own interface, below `api/v1/`. */
export function postOwn<Answer>(path: string, body: object, signal?: AbortSignal): Promise<Answer> {
  return send<Answer>("POST", `api/v1/${path}`, body, signal);
}

/** PUT of Millstream's own interface, below `api/v1/`. */
export function putOwn<Answer>(path: string, body: object): Promise<Answer> {
  return send<Answer>("PUT", `api/v1/${path}`, body);
}

/** PATCH of Millstream's own interface, below `api/v1/`. */
export function patchOwn<Answer>(path: string, body: object): Promise<Answer> {
  return send<Answer>("PATCH", `api/v1/${path}`, body);
}

/** DELETE of Millstream's own interface, below `api/v1/`. */
export function removeOwn<Answer>(path: string, body: object): Promise<Answer> {
  return send<Answer>("DELETE", `api/v1/${path}`, body);
}

function send<Answer>(
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body: object,
  signal?: AbortSignal,
): Promise<Answer> {
  return answer<Answer>(addressOf(path), {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
}

async function answer<Answer>(address: string, options: RequestInit): Promise<Answer> {
  const response = await reach(address, options);
  const text = await response.text();
  if (!response.ok) throw failure(response, text, `${options.method} ${address}`);
  return (text ? JSON.parse(text) : {}) as Answer;
}

/** Fetch, with a plain sentence when the server cannot be reached at all. */
export async function reach(address: string, options: RequestInit = {}): Promise<Response> {
  try {
    const response = await fetch(address, withWord(options));
    if (response.status === 401) refused();
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(
      "UNREACHABLE",
      `The server at ${serverAddress()} does not answer. Is it still running?`,
      0,
      `${options.method ?? "GET"} ${address}`,
    );
  }
}

interface Told {
  error_code?: string;
  message?: string;
  position?: number;
  hint?: string;
}

/** The error that an answer with a status outside 200 to 299 carries. */
export function failure(response: Response, text: string, request: string): ApiError {
  try {
    const told = JSON.parse(text) as Told;
    if (told.message) {
      const { error_code = "UNKNOWN", message, position, hint } = told;
      return new ApiError(error_code, message, response.status, request, position, hint);
    }
  } catch {
    // Not JSON: proxies and guards answer with plain text or a page.
  }
  const plain = text.includes("<") ? "" : text.trim().slice(0, 500);
  const message = plain || `The server answered ${response.status} ${response.statusText}.`;
  return new ApiError("UNKNOWN", message, response.status, request);
}

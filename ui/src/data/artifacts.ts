/** Files of runs: folders as they are opened, what is known of a file, and parts of its bytes. */
import { useQuery } from "@tanstack/react-query";
import { addressOf, failure, get, reach } from "../api/client";
import type { ArtifactPage, FileInfo } from "../api/types.gen";
import { modelFolder, pathInModel } from "./model_paths";
import { byName } from "./order";

/** Whole files are read as text up to this size; of a larger one the beginning. In bytes. */
export const MOST_PREVIEWED = 512 * 1024;

const folderQuery = (run_id: string, path: string) => ({
  queryKey: ["artifacts", run_id, path],
  queryFn: ({ signal }: { signal: AbortSignal }) => listFolder(run_id, path, signal),
});

/** The files directly below a folder, folders first. */
export function useFolder(run_id: string, path: string, enabled = true) {
  return useQuery({ ...folderQuery(run_id, path), enabled });
}

/** How to ask for several folders at once. */
export const folderQueries = (run_id: string, paths: readonly string[]) =>
  paths.map((path) => folderQuery(run_id, path));

async function listFolder(run_id: string, path: string, signal: AbortSignal): Promise<FileInfo[]> {
  const files: FileInfo[] = [];
  let page_token: string | undefined;
  do {
    const page = await listPage(run_id, path, page_token, signal);
    files.push(...(page.files ?? []));
    page_token = page.next_page_token;
  } while (page_token);
  return files.sort((a, b) => Number(b.is_dir) - Number(a.is_dir) || byName(a.path, b.path));
}

async function listPage(
  run_id: string,
  path: string,
  page_token: string | undefined,
  signal: AbortSignal,
): Promise<ArtifactPage> {
  const model = pathInModel(path);
  if (!model) return get("artifacts/list", { run_id, path: path || undefined, page_token }, signal);
  const { model_id, inner } = model;
  const page = await get<ArtifactPage>(
    `logged-models/${model_id}/artifacts/directories`,
    { artifact_directory_path: inner || undefined, page_token },
    signal,
  );
  const files = page.files?.map((file) => ({
    ...file,
    path: `${modelFolder(model_id)}/${file.path}`,
  }));
  return { ...page, files: files ?? [] };
}

const MOST_FOLDERS_SEARCHED = 500;
const MOST_FILES_SEARCHED = 20_000;
const FOLDERS_AT_ONCE = 6;

/** All files of a run, in the order of their paths. */
export interface AllFiles {
  files: FileInfo[];
  /** False if there were more folders or files than a search looks through. */
  isComplete: boolean;
}

/** All files of a run and of some logged models, for a search among them. */
export function useAllFiles(run_id: string, model_ids: readonly string[]) {
  return useQuery(allFilesQuery(run_id, model_ids));
}

/** How to ask for all files of several runs at once. */
export const allFilesQuery = (run_id: string, model_ids: readonly string[] = []) => ({
  queryKey: ["artifacts", run_id, "all", model_ids],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    listAllFiles(run_id, ["", ...model_ids.map(modelFolder)], signal),
  staleTime: 30_000,
});

/** Folder by folder, up to a bound. */
async function listAllFiles(
  run_id: string,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<AllFiles> {
  const files: FileInfo[] = [];
  const waiting = [...folders];
  let looked = 0;
  while (
    waiting.length > 0 &&
    looked < MOST_FOLDERS_SEARCHED &&
    files.length < MOST_FILES_SEARCHED
  ) {
    const some = waiting.splice(0, FOLDERS_AT_ONCE);
    looked += some.length;
    const found = await Promise.all(some.map((path) => listFolder(run_id, path, signal)));
    for (const file of found.flat()) {
      if (file.is_dir) waiting.push(file.path);
      else files.push(file);
    }
  }
  files.sort((a, b) => byName(a.path, b.path));
  return { files, isComplete: waiting.length === 0 && files.length < MOST_FILES_SEARCHED };
}

/** Whether scripts run in a frame, and with the server's own copy of Plotly's library. */
export type Sandbox = "static" | "scripts" | "plotly";

/** Where the bytes of a file are; with `sandbox`, an HTML file is shown there, cut off from us. */
export function fileAddress(run_id: string, path: string, sandbox?: Sandbox): string {
  const model = pathInModel(path);
  return model
    ? modelFileAddress(model.model_id, model.inner, sandbox)
    : addressOf("get-artifact", { run_id, path, sandbox });
}

/** The same for a file of a logged model. */
export function modelFileAddress(model_id: string, path: string, sandbox?: Sandbox): string {
  return addressOf(modelFiles(model_id), {
    artifact_file_path: path,
    sandbox,
  });
}

const modelFiles = (model_id: string) =>
  `ajax-api/2.0/mlflow/logged-models/${model_id}/artifacts/files`;

/** Where a folder comes as one zip file; "" is all that the run has itself. */
export function zipAddress(run_id: string, path: string): string {
  const archive = "zip";
  const model = pathInModel(path);
  if (!model) return addressOf("get-artifact", { run_id, path: path || undefined, archive });
  return addressOf(modelFiles(model.model_id), {
    artifact_file_path: model.inner || undefined,
    archive,
  });
}

/** Has the browser fetch a folder as one zip file; the error says why the server refuses to. */
export async function downloadZip(run_id: string, path: string): Promise<void> {
  const address = zipAddress(run_id, path);
  await askHead(address);
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}

/** What is known about a file without its bytes; the size is in bytes, the time in milliseconds. */
export interface FileFacts {
  size: number | undefined;
  modified: number | undefined;
}

/** Size and time of a file. */
export function useFileFacts(run_id: string, path: string) {
  return useQuery({
    queryKey: ["artifact facts", run_id, path],
    queryFn: async ({ signal }): Promise<FileFacts> => {
      const response = await askHead(fileAddress(run_id, path), signal);
      const size = Number(response.headers.get("content-length") ?? Number.NaN);
      const modified = Date.parse(response.headers.get("last-modified") ?? "");
      return {
        size: Number.isFinite(size) ? size : undefined,
        modified: Number.isFinite(modified) ? modified : undefined,
      };
    },
  });
}

async function askHead(address: string, signal: AbortSignal | null = null): Promise<Response> {
  const response = await reach(address, { method: "HEAD", signal });
  if (response.ok) return response;
  // A HEAD answer has no body to say why; a GET of no bytes has.
  const told = await reach(address, { headers: { Range: "bytes=0-0" }, signal });
  throw failure(told.ok ? response : told, await told.text(), `HEAD ${address}`);
}

/** Whether the server can show a file in such a frame; the error says why not. */
export function useHasSandbox(run_id: string, path: string, sandbox: Sandbox, enabled: boolean) {
  return useQuery({
    queryKey: ["artifact frame", run_id, path, sandbox],
    queryFn: async ({ signal }) => (await askHead(fileAddress(run_id, path, sandbox), signal)).ok,
    enabled,
    retry: false,
    staleTime: 60_000,
  });
}

/** Some bytes of a file, from `start` on; fewer than `length` where the file ends. */
export interface Part {
  bytes: Uint8Array<ArrayBuffer>;
  /** The size of the whole file in bytes. */
  total: number;
}

/** Asks for a range of bytes only, so that large files are never fetched whole. */
export async function readPart(
  address: string,
  start: number,
  length: number,
  signal?: AbortSignal,
): Promise<Part> {
  const response = await reach(address, {
    headers: { Range: `bytes=${start}-${start + length - 1}` },
    signal: signal ?? null,
  });
  // Nothing lies at this offset: the file is empty, or it ends before.
  if (response.status === 416) return { bytes: new Uint8Array(), total: totalOf(response) ?? 0 };
  if (!response.ok) throw failure(response, await response.text(), `GET ${address}`);
  const whole = response.status === 200;
  const bytes = new Uint8Array(await response.arrayBuffer());
  return {
    bytes: whole ? bytes.slice(start, start + length) : bytes,
    total: whole ? bytes.length : (totalOf(response) ?? start + bytes.length),
  };
}

function totalOf(response: Response): number | undefined {
  const [, total] = response.headers.get("content-range")?.match(/\/(\d+)$/) ?? [];
  return total === undefined ? undefined : Number(total);
}

/** The beginning of a file as text. */
export interface Beginning {
  text: string;
  isWhole: boolean;
  isBinary: boolean;
  /** The first bytes, and the size of the file. */
  part: Part;
}

/** The first part of a file, up to `most` bytes. */
export function useBeginning(run_id: string, path: string, most = MOST_PREVIEWED) {
  return useQuery({
    queryKey: ["artifact", run_id, path, most],
    queryFn: async ({ signal }): Promise<Beginning> => {
      const part = await readPart(fileAddress(run_id, path), 0, most, signal);
      const isWhole = part.bytes.length >= part.total;
      // A letter cut in two at the end is left out rather than shown as an unknown one.
      const text = new TextDecoder().decode(part.bytes, { stream: !isWhole });
      return { text, isWhole, isBinary: text.slice(0, 4096).includes("\0"), part };
    },
    staleTime: 60_000,
  });
}

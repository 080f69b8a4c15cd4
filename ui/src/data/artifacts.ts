/** Files of runs: folders as they are opened, and the beginning of a file for its preview. */
import { useQuery } from "@tanstack/react-query";
import { addressOf, failure, get, reach } from "../api/client";
import type { ArtifactPage, FileInfo } from "../api/types.gen";

/** Whole files are read up to this size; of a larger one the beginning. */
export const MOST_PREVIEWED = 512 * 1024;

/** The files directly below a folder, folders first. */
export function useFolder(run_id: string, path: string, enabled: boolean) {
  return useQuery({
    queryKey: ["artifacts", run_id, path],
    queryFn: async ({ signal }) => {
      const files: FileInfo[] = [];
      let page_token: string | undefined;
      do {
        const page: ArtifactPage = await get(
          "artifacts/list",
          { run_id, path: path || undefined, page_token },
          signal,
        );
        files.push(...(page.files ?? []));
        page_token = page.next_page_token;
      } while (page_token);
      return files.sort((a, b) => Number(b.is_dir) - Number(a.is_dir) || compare(a.path, b.path));
    },
    enabled,
  });
}

const compare = new Intl.Collator("en", { numeric: true }).compare;

/** Where the bytes of a file are. */
export function fileAddress(run_id: string, path: string): string {
  return addressOf("get-artifact", { run_id, path });
}

/** The beginning of a file as text. */
export interface Beginning {
  text: string;
  isWhole: boolean;
  isBinary: boolean;
}

/** The first part of a file. */
export function useBeginning(run_id: string, path: string, enabled: boolean) {
  return useQuery({
    queryKey: ["artifact", run_id, path],
    queryFn: ({ signal }) => readBeginning(fileAddress(run_id, path), signal),
    enabled,
    staleTime: 60_000,
  });
}

async function readBeginning(address: string, signal: AbortSignal): Promise<Beginning> {
  const response = await reach(address, { signal });
  if (!response.ok) throw failure(response, await response.text(), `GET ${address}`);
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  let isWhole = true;
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    if (size > MOST_PREVIEWED) {
      isWhole = false;
      await reader.cancel();
      break;
    }
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const text = new TextDecoder().decode(bytes.subarray(0, MOST_PREVIEWED));
  return { text, isWhole, isBinary: text.slice(0, 4096).includes("\0") };
}

export type PreviewKind = "image" | "table" | "json" | "text" | "none";

const KINDS: [PreviewKind, RegExp][] = [
  ["image", /\.(png|jpe?g|gif|webp|avif|bmp|svg|ico)$/i],
  ["table", /\.(csv|tsv)$/i],
  ["json", /\.json$/i],
  [
    "none",
    /\.(pkl|pickle|joblib|skops|pt|pth|bin|npy|npz|h5|hdf5|onnx|safetensors|parquet|zip|gz|tar|xz|bz2|7z|whl|pdf|mp4|webm|mp3|wav|ubj|model)$/i,
  ],
];

/** How a file is shown, by its name. Whatever is not known to be something else is tried as text. */
export function previewKind(path: string): PreviewKind {
  return KINDS.find(([, pattern]) => pattern.test(path))?.[0] ?? "text";
}

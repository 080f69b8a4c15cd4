/** The files of a version: where they can be read, and what its MLmodel file says. */
import { useQuery } from "@tanstack/react-query";
import { failure, reach } from "../api/client";
import type { Lineage, ModelVersion } from "../api/types.gen";
import { fileAddress, modelFileAddress } from "./artifacts";
import { parseManifest } from "./manifest";

const MANIFEST = "MLmodel";

/** The folder of a version's files, as the server gives its files out. */
export type Folder = { model_id: string } | { run_id: string; path: string };

/** Where a version's files can be read through this server; undefined if it does not keep them. */
export function folderOf(version: ModelVersion, lineage: Lineage | undefined): Folder | undefined {
  const origin = lineage?.copied_from?.at(-1) ?? version;
  const { model_id, run_id, source = "" } = origin;
  if (model_id) return { model_id };
  if (!run_id) return undefined;
  const [, named, path] = source.match(/^runs:\/*([^/]+)\/(.*)$/) ?? [];
  if (named === run_id && path) return { run_id, path };
  const root = lineage?.run?.info.artifact_uri?.replace(/\/$/, "");
  return root && source.startsWith(`${root}/`)
    ? { run_id, path: source.slice(root.length + 1) }
    : undefined;
}

/** Where the bytes of a file in a folder are. */
function addressIn(folder: Folder, file: string): string {
  if ("model_id" in folder) return modelFileAddress(folder.model_id, file);
  return fileAddress(folder.run_id, folder.path ? `${folder.path}/${file}` : file);
}

/** What the MLmodel file says; `null` if the folder holds none that can be read here. */
export function useManifest(folder: Folder | undefined) {
  return useQuery(manifestQuery(folder));
}

/** How to ask for a manifest; for several at once. */
export const manifestQuery = (folder: Folder | undefined) => ({
  queryKey: ["manifest", folder],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    folder ? parseManifest(await readModelFile(folder, MANIFEST, signal)) : null,
  enabled: folder !== undefined,
  // The files of a version never change.
  staleTime: Number.POSITIVE_INFINITY,
});

const MOST_SHOWN = 4_000;

/** The example request kept with the model, if it is short enough to stand in a command. */
export function useServingExample(folder: Folder | undefined, file: string | undefined) {
  return useQuery({
    queryKey: ["serving example", folder, file],
    queryFn: async ({ signal }) => {
      if (!folder || !file) return null;
      const text = (await readModelFile(folder, file, signal)).trim().replace(/\s*\n\s*/g, "");
      JSON.parse(text); // What is no JSON is no example; written again, 1.0 would become 1.
      return text.length <= MOST_SHOWN ? text : null;
    },
    enabled: folder !== undefined && file !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The text of a file in a folder. */
export async function readModelFile(
  folder: Folder,
  file: string,
  signal: AbortSignal,
): Promise<string> {
  const address = addressIn(folder, file);
  const response = await reach(address, { signal });
  const text = await response.text();
  if (!response.ok) throw failure(response, text, `GET ${address}`);
  return text;
}

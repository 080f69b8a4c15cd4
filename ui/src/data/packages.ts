/** The packages that a run's model asks for: read from the files that were saved with it. */
import { useQueries } from "@tanstack/react-query";
import { ApiError } from "../api/client";
import type { Run } from "../api/types.gen";
import { parseManifest } from "./manifest";
import { type Folder, readModelFile } from "./model_files";

/** What a file of requirements says: each package with its constraint, such as `==2.3.5`. */
export function parseRequirements(text: string): Map<string, string> {
  const packages = new Map<string, string>();
  for (const line of text.split("\n")) {
    const wanted = line.replace(/(^|\s)#.*$/, "").trim();
    const [, name, extras = "", constraint = ""] =
      wanted.match(/^([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*(.*)$/) ?? [];
    if (name === undefined) continue;
    // The names of packages are alike whatever their case and separators.
    const key = name.toLowerCase().replace(/[-_.]+/g, "-") + extras;
    packages.set(key, constraint.replace(/\s+/g, "") || "any");
  }
  return packages;
}

/** Where the files of the model are that a run logged last; undefined if it logged none. */
export function modelFolderOf(run: Run): Folder | undefined {
  const model_id = run.outputs?.model_outputs?.at(-1)?.model_id;
  if (model_id) return { model_id };
  const path = loggedPath(run.data?.tags?.find((tag) => tag.key === LOGGED_TAG)?.value);
  return path ? { run_id: run.info.run_id, path } : undefined;
}

const LOGGED_TAG = "mlflow.log-model.history";

/** The folder of the model logged last, as older clients noted it in a tag. */
function loggedPath(noted: string | undefined): string | undefined {
  try {
    const entries: unknown = JSON.parse(noted ?? "[]");
    const last: unknown = Array.isArray(entries) ? entries.at(-1) : undefined;
    return typeof last === "object" && last !== null && "artifact_path" in last
      ? String(last.artifact_path)
      : undefined;
  } catch {
    return undefined; // someone set the tag to something else
  }
}

const REQUIREMENTS = "requirements.txt";
const MANIFEST = "MLmodel";

/** The Python and the packages of each run's model; empty for a run without a model. */
export function usePackages(runs: readonly Run[]) {
  return useQueries({
    queries: runs.map((run) => {
      const folder = modelFolderOf(run);
      return {
        queryKey: ["packages", folder],
        queryFn: ({ signal }: { signal: AbortSignal }) => readPackages(folder, signal),
        // The files of a model never change.
        staleTime: Number.POSITIVE_INFINITY,
      };
    }),
  });
}

async function readPackages(
  folder: Folder | undefined,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  if (!folder) return new Map();
  const [manifest, requirements] = await Promise.all([
    unlessGone(readModelFile(folder, MANIFEST, signal)),
    unlessGone(readModelFile(folder, REQUIREMENTS, signal)),
  ]);
  const python = manifest && (await parseManifest(manifest)).pythonVersion;
  const packages = [...parseRequirements(requirements ?? "")].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map([...(python ? [["python", python] as const] : []), ...packages]);
}

/** The answer, or undefined if there is no such file. */
async function unlessGone<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** The files that some runs have under the same paths. */
import { useQueries } from "@tanstack/react-query";
import { type AllFiles, allFilesQuery } from "./artifacts";
import { byName } from "./order";

/** A path, and the runs that have a file there, in their order. */
export interface SharedFile {
  path: string;
  run_ids: string[];
}

/** The paths of all runs: those that most runs have come first, then by name. */
export function sharedFiles(run_ids: readonly string[], all: readonly AllFiles[]): SharedFile[] {
  const found = new Map<string, string[]>();
  for (const [at, { files }] of all.entries()) {
    for (const { path } of files) {
      const holders = found.get(path) ?? [];
      found.set(path, [...holders, run_ids[at] ?? ""]);
    }
  }
  return [...found]
    .map(([path, holders]) => ({ path, run_ids: holders }))
    .sort((a, b) => b.run_ids.length - a.run_ids.length || byName(a.path, b.path));
}

/** All files of some runs, each with its own state. */
export function useAllFilesOf(run_ids: readonly string[]) {
  return useQueries({ queries: run_ids.map((run_id) => allFilesQuery(run_id)) });
}

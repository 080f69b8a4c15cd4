/** The rows of a tree of files: what of it is in sight while some folders are open. */
import type { FileInfo } from "../api/types.gen";
import { pathInModel } from "./model_paths";

/** What is known about an opened folder. */
export type FolderState = { files: readonly FileInfo[] } | { problem: string } | undefined;

export type TreeRow =
  | { kind: "file"; file: FileInfo; depth: number }
  | { kind: "folder"; file: FileInfo; depth: number; isOpen: boolean }
  | { kind: "note"; path: string; text: string; depth: number; isBad: boolean };

/** The rows from top to bottom; `folders` holds what is known of each open folder, "" is the root. */
export function treeRows(
  folders: ReadonlyMap<string, FolderState>,
  path = "",
  depth = 0,
): TreeRow[] {
  const note = (text: string, isBad = false): TreeRow[] => [
    { kind: "note", path, text, depth, isBad },
  ];
  const state = folders.get(path);
  if (state === undefined) return note("…");
  if ("problem" in state) return note(state.problem, true);
  if (state.files.length === 0) return note("empty");
  return state.files.flatMap((file): TreeRow[] => {
    if (!file.is_dir) return [{ kind: "file", file, depth }];
    const isOpen = folders.has(file.path);
    const row: TreeRow = { kind: "folder", file, depth, isOpen };
    return isOpen ? [row, ...treeRows(folders, file.path, depth + 1)] : [row];
  });
}

/** The folders that a file is in, a folder with a slash at its end being one of them, outermost first; the first one may be that of a logged model. */
export function foldersAbove(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  const folders = parts.map((_, at) => parts.slice(0, at + 1).join("/"));
  return pathInModel(path) ? folders.slice(1) : folders;
}

/** The files whose path contains all words of a text. */
export function filesFound(files: readonly FileInfo[], text: string): FileInfo[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return files.filter(({ path }) => {
    const name = path.toLowerCase();
    return words.every((word) => name.includes(word));
  });
}

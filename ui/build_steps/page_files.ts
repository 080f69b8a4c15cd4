/** Of which scripts the pages consist. */
import type { Rollup } from "vite";

/** The modules that a page is opened with, by its name. */
export type PageModules = Readonly<Record<string, readonly string[]>>;

/** The scripts that come with every page. */
export function filesOfAll(bundle: Rollup.OutputBundle): Set<string> {
  const files = new Set<string>();
  for (const chunk of chunksOf(bundle)) if (chunk.isEntry) add(chunk.fileName, bundle, files);
  return files;
}

/** The scripts of one page besides those; fails if one of its modules is in none. */
export function filesOfPage(bundle: Rollup.OutputBundle, modules: readonly string[]): string[] {
  const ofAll = filesOfAll(bundle);
  const files = new Set(ofAll);
  for (const module of modules) {
    const chunk = chunksOf(bundle).find(({ moduleIds }) =>
      moduleIds.some((id) => id.endsWith(module)),
    );
    if (!chunk) throw new Error(`No file of the program contains ${module}`);
    add(chunk.fileName, bundle, files);
  }
  return [...files].filter((file) => !ofAll.has(file));
}

function chunksOf(bundle: Rollup.OutputBundle): Rollup.OutputChunk[] {
  return Object.values(bundle).filter((file) => file.type === "chunk");
}

function add(file: string, bundle: Rollup.OutputBundle, files: Set<string>): void {
  const chunk = bundle[file];
  if (chunk?.type !== "chunk" || files.has(file)) return;
  files.add(file);
  for (const imported of chunk.imports) add(imported, bundle, files);
}

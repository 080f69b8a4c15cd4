/** Has Chromium compile some files in the background as they arrive, not function by function when called. */
import type { Plugin, Rollup } from "vite";

/** Understood at the very beginning of a file; other browsers pass over it. */
const HINT = "//# allFunctionsCalledOnLoad\n";

/** Puts the hint before the files of these names. */
export function hintAt(bundle: Rollup.OutputBundle, names: RegExp): void {
  for (const file of Object.values(bundle)) {
    if (file.type === "chunk" && names.test(file.name)) file.code = HINT + file.code;
  }
}

export function compileAtOnce(names: RegExp): Plugin {
  return {
    name: "compile-at-once",
    apply: "build",
    // After all that puts something of its own at the beginning.
    enforce: "post",
    generateBundle: { order: "post", handler: (_options, bundle) => hintAt(bundle, names) },
  };
}

/** After the bundle is written: compress every text file, and refuse pages that are too heavy. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { filesOfAll, filesOfPage, type PageModules } from "./page_files.ts";

const TEXT = /\.(m?js|css|html|svg|json)$/;
const SMALLEST_WORTH_COMPRESSING = 1024;

/** Writes `x.br` and `x.gz` beside each text file, and fails if a page needs more than `limit` bytes of gzip. */
export function compressAndWeigh(limit: number, pages: PageModules): Plugin {
  let folder = "";
  const scripts = new Map<string, string[]>();
  return {
    name: "compress-and-weigh",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    writeBundle(_options, bundle) {
      for (const [page, modules] of Object.entries(pages)) {
        scripts.set(page, [...filesOfAll(bundle), ...filesOfPage(bundle, modules)]);
      }
    },
    closeBundle() {
      const zippedSizes = compress(folder);
      for (const [page, files] of scripts) {
        const weight = files.reduce((sum, file) => sum + (zippedSizes.get(file) ?? 0), 0);
        if (weight > limit) {
          throw new Error(
            `The ${page} page needs ${weight} bytes of gzipped JavaScript; at most ${limit} is ` +
              "allowed. Load the new part on demand with import().",
          );
        }
        console.info(`${page} page: ${(weight / 1024).toFixed(1)} KiB of gzipped JavaScript`);
      }
    },
  };
}

/** The sizes of the zipped text files below a folder, in bytes, by their names. */
function compress(folder: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const name of filesBelow(folder).filter((file) => TEXT.test(file))) {
    const bytes = readFileSync(join(folder, name));
    const zipped = gzipSync(bytes, { level: 9 });
    sizes.set(name, zipped.length);
    if (bytes.length < SMALLEST_WORTH_COMPRESSING) continue;
    writeFileSync(join(folder, `${name}.gz`), zipped);
    writeFileSync(join(folder, `${name}.br`), brotli(bytes));
  }
  return sizes;
}

function brotli(bytes: Buffer): Buffer {
  return brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
  });
}

function filesBelow(folder: string, prefix = ""): string[] {
  return readdirSync(join(folder, prefix)).flatMap((name) => {
    const path = prefix ? `${prefix}/${name}` : name;
    return statSync(join(folder, path)).isDirectory() ? filesBelow(folder, path) : [path];
  });
}

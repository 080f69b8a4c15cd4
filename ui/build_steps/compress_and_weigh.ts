/** After the bundle is written: compress every text file, and refuse a first load that is too heavy. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

const TEXT = /\.(m?js|css|html|svg|json)$/;
const SMALLEST_WORTH_COMPRESSING = 1024;

/** Writes `x.br` and `x.gz` beside each text file, and fails above `firstLoadLimit` bytes of gzip. */
export function compressAndWeigh(firstLoadLimit: number): Plugin {
  let folder = "";
  let firstLoad: string[] = [];
  return {
    name: "compress-and-weigh",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    writeBundle(_options, bundle) {
      firstLoad = scriptsOfFirstLoad(bundle);
    },
    closeBundle() {
      let weight = 0;
      for (const name of filesBelow(folder).filter((file) => TEXT.test(file))) {
        const bytes = readFileSync(join(folder, name));
        const zipped = gzipSync(bytes, { level: 9 });
        if (firstLoad.includes(name)) weight += zipped.length;
        if (bytes.length < SMALLEST_WORTH_COMPRESSING) continue;
        writeFileSync(join(folder, `${name}.gz`), zipped);
        writeFileSync(join(folder, `${name}.br`), brotli(bytes));
      }
      if (weight > firstLoadLimit) {
        throw new Error(
          `The first load is ${weight} bytes of gzipped JavaScript; at most ${firstLoadLimit} is allowed. ` +
            "Load the new part on demand with import().",
        );
      }
      console.info(`first load: ${(weight / 1024).toFixed(1)} KiB of gzipped JavaScript`);
    },
  };
}

function scriptsOfFirstLoad(bundle: Rollup.OutputBundle): string[] {
  const seen = new Set<string>();
  const visit = (name: string) => {
    const chunk = bundle[name];
    if (seen.has(name) || chunk?.type !== "chunk") return;
    seen.add(name);
    chunk.imports.forEach(visit);
  };
  for (const chunk of Object.values(bundle)) {
    if (chunk.type === "chunk" && chunk.isEntry) visit(chunk.fileName);
  }
  return [...seen];
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

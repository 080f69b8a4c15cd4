import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compressAndWeigh } from "./build_steps/compress_and_weigh.ts";
import { stylesheetFirst } from "./build_steps/stylesheet_first.ts";

const server = process.env.MILLSTREAM_TRACKING_URI ?? "http://127.0.0.1:5000";

export default defineConfig({
  // Addresses relative to the page, so that the build works below any prefix.
  base: "./",
  plugins: [react(), stylesheetFirst(), compressAndWeigh(250 * 1024)],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../src/millstream/server/static",
    emptyOutDir: true,
    target: "es2022",
    // The content policy allows neither data: addresses nor inline scripts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    modulePreload: { polyfill: false },
    // What the first page needs comes in one file: a dozen small ones cost a request each.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] } },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      ["/ajax-api", "/api", "/get-artifact"].map((path) => [path, { target: server }]),
    ),
  },
});

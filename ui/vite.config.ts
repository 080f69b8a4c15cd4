import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Rolldown } from "vite";
import { compileAtOnce } from "./build_steps/compile_at_once.ts";
import { compressAndWeigh } from "./build_steps/compress_and_weigh.ts";
import type { PageModules } from "./build_steps/page_files.ts";
import { pagesAhead } from "./build_steps/pages_ahead.ts";
import { stylesheetFirst } from "./build_steps/stylesheet_first.ts";

const server = process.env.MILLSTREAM_TRACKING_URI ?? "http://127.0.0.1:5000";

/** What is fetched beside the first file, by the page that the address opens. */
const CHARTS = "src/views/metrics/arranged_charts.tsx";
const PAGES: PageModules = {
  experiments: ["src/views/experiments/experiments_page.tsx"],
  runs: ["src/views/runs/runs_page.tsx", CHARTS],
  run: ["src/views/run/run_page.tsx", CHARTS],
};

const SHARED = /@tanstack\/(react-)?virtual|src\/(widgets\/(?!grid)|data\/)/;

/** What is drawn over a page, once somebody opens it. */
const OPENED = /src\/(widgets\/(open_(menu|dialog)|slider)|app\/(palette|key_list))/;

/**
 * What every page needs comes in one file, what a page adds in few: each costs a request, and each
 * byte of what is not drawn holds up what is.
 */
const FILES: Rolldown.CodeSplittingGroup[] = [
  { name: "first", tags: ["$initial"], priority: 5 },
  { name: "opened", test: OPENED, priority: 4 },
  { name: "shared", test: SHARED, minShareCount: 4, priority: 3 },
  { name: "grid", test: /src\/widgets\/grid\.tsx/, priority: 2 },
  { name: "charts", test: /src\/views\/metrics\/arranged_charts/, priority: 1 },
];

/** Those drawn first, but not the first file of all, for which the others wait. */
const DRAWN_FIRST = /^(shared|grid|charts|(experiments|runs|run)_page)$/;

export default defineConfig({
  // Addresses relative to the page, so that the build works below any prefix.
  base: "./",
  plugins: [
    react(),
    stylesheetFirst(),
    pagesAhead(PAGES),
    compileAtOnce(DRAWN_FIRST),
    compressAndWeigh(250 * 1024, PAGES),
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../src/millstream/server/static",
    emptyOutDir: true,
    target: "es2022",
    // The content policy allows neither data: addresses nor inline scripts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: FILES } } },
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      ["/ajax-api", "/api", "/get-artifact"].map((path) => [path, { target: server }]),
    ),
  },
});

import type { Rollup } from "vite";
import { expect, test } from "vitest";
import { hintAt } from "../build_steps/compile_at_once";
import { filesOfAll, filesOfPage } from "../build_steps/page_files";
import { withPagesAhead } from "../build_steps/pages_ahead";

function chunk(fileName: string, rest: object): [string, unknown] {
  const usual = { type: "chunk", isEntry: false, imports: [], moduleIds: [], code: "" };
  return [fileName, { fileName, ...usual, ...rest }];
}

const BUNDLE = Object.fromEntries([
  chunk("first.js", { isEntry: true, imports: ["react.js"], name: "first" }),
  chunk("react.js", { name: "react" }),
  chunk("run.js", {
    imports: ["first.js", "shared.js"],
    moduleIds: ["/ui/src/run_page.tsx"],
    name: "run_page",
    code: "run()",
  }),
  chunk("charts.js", {
    imports: ["shared.js"],
    moduleIds: ["/ui/src/line.tsx", "/ui/src/charts.tsx"],
    name: "charts",
  }),
  chunk("shared.js", { imports: ["run.js"], name: "shared" }),
  ["style.css", { type: "asset", fileName: "style.css" }],
]) as Rollup.OutputBundle;

test("a page consists of the files of its modules and of all that these import", () => {
  expect([...filesOfAll(BUNDLE)]).toEqual(["first.js", "react.js"]);
  const files = filesOfPage(BUNDLE, ["src/run_page.tsx", "src/charts.tsx"]);
  expect(files.sort()).toEqual(["charts.js", "run.js", "shared.js"]);
});

test("a module that is in no file is an error", () => {
  expect(() => filesOfPage(BUNDLE, ["src/gone.tsx"])).toThrow("contains src/gone.tsx");
});

test("the files of each page stand where they are asked for", () => {
  const html = '<script src="./ahead.js"></script>';
  const pages = { run: ["src/run_page.tsx"], home: [] };
  expect(withPagesAhead(html, BUNDLE, pages)).toBe(
    '<script src="./ahead.js" data-run="./run.js ./shared.js" data-home=""></script>',
  );
  expect(() => withPagesAhead("<p>", BUNDLE, pages)).toThrow("index.html has no");
});

test("only the files that are named are compiled at once", () => {
  const bundle = structuredClone(BUNDLE);
  hintAt(bundle, /^run_page$/);
  expect(bundle["run.js"]).toMatchObject({ code: "//# allFunctionsCalledOnLoad\nrun()" });
  expect(bundle["charts.js"]).toMatchObject({ code: "" });
});

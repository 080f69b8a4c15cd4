/** The grammars of the languages that people keep beside their runs. */
import type { Root } from "hast";
import type { LanguageFn } from "highlight.js";
import { createLowlight } from "lowlight";

const GRAMMARS: Record<string, () => Promise<{ default: LanguageFn }>> = {
  bash: () => import("highlight.js/lib/languages/bash"),
  cpp: () => import("highlight.js/lib/languages/cpp"),
  css: () => import("highlight.js/lib/languages/css"),
  diff: () => import("highlight.js/lib/languages/diff"),
  dockerfile: () => import("highlight.js/lib/languages/dockerfile"),
  go: () => import("highlight.js/lib/languages/go"),
  ini: () => import("highlight.js/lib/languages/ini"),
  java: () => import("highlight.js/lib/languages/java"),
  javascript: () => import("highlight.js/lib/languages/javascript"),
  json: () => import("highlight.js/lib/languages/json"),
  julia: () => import("highlight.js/lib/languages/julia"),
  markdown: () => import("highlight.js/lib/languages/markdown"),
  python: () => import("highlight.js/lib/languages/python"),
  r: () => import("highlight.js/lib/languages/r"),
  rust: () => import("highlight.js/lib/languages/rust"),
  sql: () => import("highlight.js/lib/languages/sql"),
  typescript: () => import("highlight.js/lib/languages/typescript"),
  xml: () => import("highlight.js/lib/languages/xml"),
  yaml: () => import("highlight.js/lib/languages/yaml"),
};

const OTHER_NAMES: Record<string, string> = {
  py: "python",
  python3: "python",
  ipython: "python",
  sh: "bash",
  shell: "bash",
  console: "bash",
  js: "javascript",
  ts: "typescript",
  toml: "ini",
  yml: "yaml",
  html: "xml",
  svg: "xml",
  c: "cpp",
  "c++": "cpp",
  md: "markdown",
  docker: "dockerfile",
};

const known = createLowlight();

/** The words of a text with the classes of their kinds; null for a language that is not known. */
export async function colour(language: string, text: string): Promise<Root | null> {
  const asked = language.toLowerCase();
  const name = OTHER_NAMES[asked] ?? asked;
  const load = Object.hasOwn(GRAMMARS, name) ? GRAMMARS[name] : undefined;
  if (!load) return null;
  if (!known.registered(name)) known.register(name, (await load()).default);
  return known.highlight(name, text);
}

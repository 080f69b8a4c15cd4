/** Puts the stylesheet before the scripts: nothing is painted without it, and browsers ask in order. */
import type { Plugin } from "vite";

const STYLESHEETS = /\n *<link rel="stylesheet"[^>]*>/g;
const FIRST_MODULE = /\n *<script type="module"/;

/** The page with its stylesheets before its first module. */
export function withStylesheetsFirst(page: string): string {
  const stylesheets = page.match(STYLESHEETS) ?? [];
  return page
    .replace(STYLESHEETS, "")
    .replace(FIRST_MODULE, (script) => stylesheets.join("") + script);
}

export function stylesheetFirst(): Plugin {
  return {
    name: "stylesheet-first",
    apply: "build",
    transformIndexHtml: { order: "post", handler: withStylesheetsFirst },
  };
}

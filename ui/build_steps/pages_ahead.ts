/** Tells ahead.js of which scripts the pages consist that visits often begin with. */
import type { Plugin, Rollup } from "vite";
import { filesOfPage, type PageModules } from "./page_files.ts";

const AHEAD = '<script src="./ahead.js"';

/** The page with the scripts in attributes of the one that asks for them. */
export function withPagesAhead(
  html: string,
  bundle: Rollup.OutputBundle,
  pages: PageModules,
): string {
  if (!html.includes(AHEAD)) throw new Error(`index.html has no ${AHEAD}>`);
  const attributes = Object.entries(pages).map(([page, modules]) => {
    const files = filesOfPage(bundle, modules).map((file) => `./${file}`);
    return ` data-${page}="${files.join(" ")}"`;
  });
  return html.replace(AHEAD, AHEAD + attributes.join(""));
}

export function pagesAhead(pages: PageModules): Plugin {
  return {
    name: "pages-ahead",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (html, { bundle }) => (bundle ? withPagesAhead(html, bundle, pages) : html),
    },
  };
}

/** HTML that others wrote, as the tables and text in it. */
import { createElement, type ReactNode, useMemo } from "react";
import { type PlainNode, plainHtml } from "../data/safe_html";

export function PlainHtml({ html }: { html: string }) {
  const { nodes, needsScripts } = useMemo(() => plainHtml(html), [html]);
  return (
    <div className="plain-html">
      {elements(nodes)}
      {needsScripts && <p className="faint">Part of this output needs scripts: it is left out.</p>}
    </div>
  );
}

/** The names come from a list of elements that only arrange text; there are no attributes. */
function elements(nodes: readonly PlainNode[]): ReactNode[] {
  return nodes.map((node, at) => {
    if (typeof node === "string") return node;
    const spans = { key: at, colSpan: node.columns, rowSpan: node.rows };
    const isEmpty = node.name === "br" || node.name === "hr";
    return createElement(node.name, spans, isEmpty ? undefined : elements(node.children));
  });
}

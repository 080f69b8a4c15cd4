/** Code in its colours; grammars are loaded as they are needed. */
import { useQuery } from "@tanstack/react-query";
import type { Element, Root, Text } from "hast";
import type { ReactNode } from "react";

/** Longer texts would hold up the page while their words are found. In letters. */
const LONGEST_COLOURED = 200_000;

interface CodeProps {
  text: string;
  /** As a fence of Markdown names it; undefined for plain text. */
  language: string | undefined;
  hasNumbers?: boolean;
}

export function Code({ text, language, hasNumbers = false }: CodeProps) {
  const isColoured = language !== undefined && text.length <= LONGEST_COLOURED;
  const { data } = useQuery({
    queryKey: ["coloured code", language, text],
    queryFn: async () => (await import("./code_grammars")).colour(language ?? "", text),
    enabled: isColoured,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    structuralSharing: false,
  });
  return (
    <div className={hasNumbers ? "code-text numbered" : "code-text"}>
      {hasNumbers && <LineNumbers text={text} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll long lines */}
      <pre tabIndex={0}>
        <code>{data && isColoured ? words(data.children) : text}</code>
      </pre>
    </div>
  );
}

function LineNumbers({ text }: { text: string }) {
  const lines = text.replace(/\n$/, "").split("\n").length;
  return (
    <pre className="line-numbers" aria-hidden="true">
      {Array.from({ length: lines }, (_, at) => at + 1).join("\n")}
    </pre>
  );
}

function words(nodes: readonly (Root["children"][number] | Element["children"][number])[]) {
  return nodes.map((node, at): ReactNode => {
    if (node.type === "text") return (node as Text).value;
    if (node.type !== "element") return null;
    const classes = node.properties.className;
    return (
      <span key={at} className={Array.isArray(classes) ? classes.join(" ") : undefined}>
        {words(node.children)}
      </span>
    );
  });
}

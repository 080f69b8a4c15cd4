/** The nodes of a Markdown text, each as a React element. */
import type { AlignType, Nodes, Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { type ReactNode, useMemo } from "react";
import { safeLink } from "../data/safe_links";
import { Code } from "./code";

const LONGEST = 200_000;

export interface MarkdownProps {
  text: string;
  /** The address of an image that the text names; undefined where it may not be shown. */
  imageAddress?: ((address: string) => string | undefined) | undefined;
}

export function MarkdownElements({ text, imageAddress }: MarkdownProps) {
  const root = useMemo(
    () =>
      fromMarkdown(text.slice(0, LONGEST), {
        extensions: [gfm()],
        mdastExtensions: [gfmFromMarkdown()],
      }),
    [text],
  );
  return (
    <>
      {childrenOf(root, { addresses: definitionsIn(root), imageAddress })}
      {text.length > LONGEST && <p className="faint">The beginning of the text.</p>}
    </>
  );
}

interface Surroundings {
  /** Where references lead, by their names. */
  addresses: ReadonlyMap<string, string>;
  imageAddress: MarkdownProps["imageAddress"];
}

function definitionsIn(root: Root): Map<string, string> {
  const found = new Map<string, string>();
  for (const node of root.children) {
    if (node.type === "definition") found.set(node.identifier, node.url);
  }
  return found;
}

function childrenOf(node: Nodes, around: Surroundings): ReactNode[] {
  if (!("children" in node)) return [];
  return node.children.map((child, at) => <Node key={at} node={child} around={around} />);
}

function Node({ node, around }: { node: Nodes; around: Surroundings }): ReactNode {
  const children = childrenOf(node, around);
  switch (node.type) {
    case "text":
      return node.value;
    case "html": // shown, never meant
      return node.value;
    case "paragraph":
      return <p>{children}</p>;
    case "heading": {
      // Below the headings of the page itself.
      const Heading = node.depth <= 2 ? (node.depth === 1 ? "h2" : "h3") : "h4";
      return <Heading>{children}</Heading>;
    }
    case "emphasis":
      return <em>{children}</em>;
    case "strong":
      return <strong>{children}</strong>;
    case "delete":
      return <s>{children}</s>;
    case "inlineCode":
      return <code>{node.value}</code>;
    case "code":
      return <Code text={node.value} language={node.lang ?? undefined} />;
    case "blockquote":
      return <blockquote>{children}</blockquote>;
    case "list":
      return node.ordered ? <ol start={node.start ?? 1}>{children}</ol> : <ul>{children}</ul>;
    case "listItem":
      return (
        <li className={node.checked == null ? undefined : "task"}>
          {node.checked != null && (
            <input
              type="checkbox"
              aria-label={node.checked ? "Done" : "Not done"}
              checked={node.checked}
              readOnly
              disabled
            />
          )}
          {children}
        </li>
      );
    case "thematicBreak":
      return <hr />;
    case "break":
      return <br />;
    case "link":
      return <Link address={node.url}>{children}</Link>;
    case "linkReference":
      return <Link address={around.addresses.get(node.identifier)}>{children}</Link>;
    case "image":
      return <Picture address={node.url} alt={node.alt} around={around} />;
    case "imageReference":
      return (
        <Picture address={around.addresses.get(node.identifier)} alt={node.alt} around={around} />
      );
    case "table":
      return <Table node={node} around={around} />;
    case "footnoteReference":
      return <sup>[{node.label ?? node.identifier}]</sup>;
    case "footnoteDefinition":
      return (
        <div className="footnote">
          <sup>[{node.label ?? node.identifier}]</sup> {children}
        </div>
      );
    default:
      return children.length > 0 ? children : null;
  }
}

function Link({ address, children }: { address: string | undefined; children: ReactNode }) {
  const safe = address === undefined ? undefined : safeLink(address);
  if (safe === undefined) return <span title={address}>{children}</span>;
  return (
    <a href={safe} title={safe} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

interface PictureProps {
  address: string | undefined;
  alt: string | null | undefined;
  around: Surroundings;
}

/** Images of other hosts would tell them who reads what: they stay words. */
function Picture({ address, alt, around }: PictureProps) {
  const shown = address === undefined ? undefined : around.imageAddress?.(address);
  if (shown !== undefined) return <img src={shown} alt={alt ?? ""} loading="lazy" />;
  return (
    <span className="faint" title={address}>
      [image: {alt || address}]
    </span>
  );
}

type TableNode = Extract<Nodes, { type: "table" }>;

function Table({ node, around }: { node: TableNode; around: Surroundings }) {
  const [head, ...body] = node.children;
  const align = (at: number): AlignType => node.align?.[at] ?? null;
  return (
    <div className="markdown-table">
      <table>
        <thead>
          <tr>
            {head?.children.map((cell, at) => (
              <th key={at} style={{ textAlign: align(at) ?? "left" }}>
                {childrenOf(cell, around)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, at) => (
            <tr key={at}>
              {row.children.map((cell, column) => (
                <td key={column} style={{ textAlign: align(column) ?? "left" }}>
                  {childrenOf(cell, around)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

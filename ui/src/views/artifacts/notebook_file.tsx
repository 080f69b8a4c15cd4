/** A notebook: its cells, and what they printed; nothing in it runs. */
import { useMemo } from "react";
import { type Cell, type Output, parseNotebook } from "../../data/notebooks";
import { Code } from "../../widgets/code";
import { Markdown } from "../../widgets/markdown";
import { Empty, Failure } from "../../widgets/panels";
import { PlainHtml } from "../../widgets/plain_html";
import { WithBeginning } from "./beginning";
import { Body } from "./body";
import { EmbeddedImage } from "./embedded_image";
import type { FileProps } from "./file";

const MOST_READ = 16 * 1024 * 1024;

export function NotebookFile(file: FileProps) {
  return (
    <WithBeginning file={file} most={MOST_READ}>
      {({ text, isWhole }) =>
        isWhole ? (
          <Cells text={text} />
        ) : (
          <Empty title="The notebook is too large to be shown">
            <p>Download it with the button above.</p>
          </Empty>
        )
      }
    </WithBeginning>
  );
}

function Cells({ text }: { text: string }) {
  const { notebook, problem } = useMemo(() => {
    try {
      return { notebook: parseNotebook(text) };
    } catch (error) {
      return { problem: error };
    }
  }, [text]);
  if (!notebook) return <Failure what="The notebook could not be read" error={problem} />;
  if (notebook.cells.length === 0) return <Empty title="The notebook has no cells" />;
  return (
    <Body kind="padded notebook">
      {notebook.cells.map((cell, at) => (
        <CellView key={at} cell={cell} language={notebook.language} />
      ))}
    </Body>
  );
}

function CellView({ cell, language }: { cell: Cell; language: string }) {
  if (cell.kind === "markdown") {
    return (
      <div className="cell">
        <Markdown text={cell.source} />
      </div>
    );
  }
  return (
    <div className="cell">
      <span className="cell-count">{cell.count === undefined ? "" : `[${cell.count}]`}</span>
      {cell.source && (
        <Code text={cell.source} language={cell.kind === "code" ? language : undefined} />
      )}
      {cell.outputs.map((output, at) => (
        <OutputView key={at} output={output} />
      ))}
    </div>
  );
}

function OutputView({ output }: { output: Output }) {
  switch (output.kind) {
    case "text":
      return <pre className={`cell-output ${output.isError ? "bad-text" : ""}`}>{output.text}</pre>;
    case "image":
      return <EmbeddedImage type={output.type} data={output.data} />;
    case "html":
      return <PlainHtml html={output.html} />;
    case "markdown":
      return <Markdown text={output.text} />;
  }
}

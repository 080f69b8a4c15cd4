/** One file: shown if it can be, and always there to download. */
import type { ComponentType } from "react";
import { serverAddress } from "../../api/client";
import type { Run } from "../../api/types.gen";
import { fileAddress, useFileFacts } from "../../data/artifacts";
import { type FileKind, fileKind } from "../../data/file_kinds";
import { fileSize } from "../../data/numbers";
import { runSnippet } from "../../data/snippets";
import { CopyButton } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { later } from "../../widgets/later";
import { Empty, Failure, Loading } from "../../widgets/panels";
import { Time } from "../../widgets/values";
import { RegisterFolderButton } from "../run/registered_versions";
import { BinaryFile } from "./binary_file";
import type { FileProps } from "./file";

const WAITING = <Loading rows={8} />;
const TextFile = later(async () => (await import("./text_file")).TextFile, WAITING);
const MediaFile = later(async () => (await import("./media_file")).MediaFile, WAITING);

const PREVIEWS: Record<FileKind, ComponentType<FileProps>> = {
  image: later(async () => (await import("./image_file")).ImageFile, WAITING),
  delimited: later(async () => (await import("./delimited_file")).DelimitedFile, WAITING),
  parquet: later(async () => (await import("./parquet_file")).ParquetFile, WAITING),
  json: later(async () => (await import("./json_file")).JsonFile, WAITING),
  markdown: later(async () => (await import("./markdown_file")).MarkdownFile, WAITING),
  html: later(async () => (await import("./html_file")).HtmlFile, WAITING),
  pdf: later(async () => (await import("./pdf_file")).PdfFile, WAITING),
  audio: MediaFile,
  video: MediaFile,
  notebook: later(async () => (await import("./notebook_file")).NotebookFile, WAITING),
  model: later(async () => (await import("./model_file")).ModelFile, WAITING),
  binary: BinaryFile,
  text: TextFile,
};

export function FilePreview({ run, path }: { run: Run; path: string }) {
  const { run_id } = run.info;
  const facts = useFileFacts(run_id, path);
  const Preview = PREVIEWS[fileKind(path)];
  return (
    <>
      <header className="preview-head">
        <span className="ellipsis" title={path}>
          {path}
        </span>
        {facts.data?.size !== undefined && (
          <span className="faint">{fileSize(facts.data.size)}</span>
        )}
        {facts.data?.modified !== undefined && (
          <span className="faint">
            <Time at={facts.data.modified} />
          </span>
        )}
        <RegisterFolderButton run={run} path={path} />
        <CopyButton text={path} label="Copy the path" />
        <CopyButton
          text={runSnippet(serverAddress(), run_id, path)}
          label="Copy the code that downloads it"
          icon="code"
        />
        <a
          className="icon-button"
          href={fileAddress(run_id, path)}
          download
          title="Download"
          aria-label="Download"
        >
          <Icon name="download" />
        </a>
      </header>
      {facts.isPending && <Loading rows={8} />}
      {facts.isError && (
        <Failure
          what="The file could not be read"
          error={facts.error}
          retry={() => void facts.refetch()}
        />
      )}
      {facts.data?.size === 0 && <Empty title="The file is empty" />}
      {facts.data && facts.data.size !== 0 && (
        <Preview run={run} path={path} size={facts.data.size} />
      )}
    </>
  );
}

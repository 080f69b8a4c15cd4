/** One folder: the model that is in it, or what it holds, and all of it to download. */
import { useState } from "react";
import { serverAddress } from "../../api/client";
import type { FileInfo, Run } from "../../api/types.gen";
import { changeQuery } from "../../data/address";
import { downloadZip, useFolder } from "../../data/artifacts";
import { count, fileSize } from "../../data/numbers";
import { runSnippet } from "../../data/snippets";
import { Button } from "../../widgets/button";
import { CopyButton } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { later } from "../../widgets/later";
import { attempt } from "../../widgets/notices";
import { Empty, Failure, Loading } from "../../widgets/panels";
import { RegisterFolderButton } from "../run/registered_versions";
import { Body } from "./body";

const ModelFile = later(async () => (await import("./model_file")).ModelFile, <Loading rows={8} />);

export function FolderPreview({ run, path }: { run: Run; path: string }) {
  const { run_id } = run.info;
  const folder = useFolder(run_id, path);
  const files = folder.data ?? [];
  const manifest = files.find((file) => file.path === `${path}/MLmodel`);
  return (
    <>
      <header className="preview-head">
        <span className="ellipsis" title={path}>
          {path}
        </span>
        {folder.data && <span className="faint">{contentsOf(files)}</span>}
        {manifest && <RegisterFolderButton run={run} path={manifest.path} />}
        <CopyButton text={path} label="Copy the path" />
        <CopyButton
          text={runSnippet(serverAddress(), run_id, path)}
          label="Copy the code that downloads it"
          icon="code"
        />
        {files.length > 0 && <ZipButton run_id={run_id} path={path} words="Download as zip" />}
      </header>
      {folder.isPending && <Loading rows={8} />}
      {folder.isError && (
        <Failure
          what="The folder could not be listed"
          error={folder.error}
          retry={() => void folder.refetch()}
        />
      )}
      {folder.data?.length === 0 && <Empty title="The folder is empty, or there is none" />}
      {manifest && <ModelFile run={run} path={manifest.path} size={manifest.file_size} />}
      {!manifest && files.length > 0 && (
        <Body>
          <Contents files={files} />
        </Body>
      )}
    </>
  );
}

/** Fetches a folder as one zip file, or says why not. */
export function ZipButton({
  run_id,
  path,
  words,
}: {
  run_id: string;
  path: string;
  words: string;
}) {
  const [isAsking, setAsking] = useState(false);
  const download = async () => {
    setAsking(true);
    await attempt("The folder cannot be downloaded", () => downloadZip(run_id, path));
    setAsking(false);
  };
  return (
    <Button icon="download" disabled={isAsking} onClick={download}>
      {words}
    </Button>
  );
}

function contentsOf(files: readonly FileInfo[]): string {
  const folders = files.filter((file) => file.is_dir).length;
  const size = files.reduce((sum, file) => sum + (file.file_size ?? 0), 0);
  const parts = [
    folders > 0 && `${count(folders)} ${folders === 1 ? "folder" : "folders"}`,
    files.length > folders &&
      `${count(files.length - folders)} ${files.length - folders === 1 ? "file" : "files"}, ${fileSize(size)}`,
  ];
  return parts.filter(Boolean).join(" · ");
}

const MOST_SHOWN = 500;

function Contents({ files }: { files: readonly FileInfo[] }) {
  return (
    <>
      <ul className="files-beside">
        {files.slice(0, MOST_SHOWN).map((file) => (
          <li key={file.path}>
            <button
              type="button"
              onClick={() => changeQuery({ path: file.is_dir ? `${file.path}/` : file.path })}
            >
              <Icon name={file.is_dir ? "folder" : "file"} size={13} />
              <span className="ellipsis">{file.path.split("/").at(-1)}</span>
              {!file.is_dir && <span className="faint">{fileSize(file.file_size ?? 0)}</span>}
            </button>
          </li>
        ))}
      </ul>
      {files.length > MOST_SHOWN && (
        <p className="pane-note">{count(files.length - MOST_SHOWN)} more stand in the tree</p>
      )}
    </>
  );
}

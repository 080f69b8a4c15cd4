/** The files of a run: a tree, and the chosen file beside it. */
import { useState } from "react";
import type { FileInfo, Run } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { useFolder } from "../../data/artifacts";
import { fileSize } from "../../data/numbers";
import { CodeBlock } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { Empty, Failure, Loading } from "../../widgets/panels";
import { FilePreview } from "./file_preview";

export function ArtifactsPane({ run }: { run: Run }) {
  const { run_id, artifact_uri } = run.info;
  const { query } = useAddress();
  const chosen = query.get("path") ?? "";
  const root = useFolder(run_id, "", true);
  if (root.isPending) return <Loading rows={6} />;
  if (root.isError) {
    return (
      <Failure
        what="The files could not be listed"
        error={root.error}
        retry={() => void root.refetch()}
      />
    );
  }
  if (root.data.length === 0) {
    return (
      <Empty title="No artifacts">
        <p>A run’s files appear here as soon as they are logged:</p>
        <CodeBlock code={`millstream.log_artifact("plot.png", run_id="${run_id}")`} />
        {artifact_uri && <p className="faint break-all">{artifact_uri}</p>}
      </Empty>
    );
  }
  const choose = (path: string) => changeQuery({ path });
  return (
    <section className="artifacts" aria-label="Artifacts">
      <div className="tree" role="tree" aria-label="Files">
        <Files files={root.data} run_id={run_id} depth={0} chosen={chosen} onChoose={choose} />
      </div>
      <div className="preview">
        {chosen ? (
          <FilePreview key={chosen} run={run} path={chosen} />
        ) : (
          <Empty title="Choose a file">
            {artifact_uri && <p className="faint break-all">{artifact_uri}</p>}
          </Empty>
        )}
      </div>
    </section>
  );
}

interface FilesProps {
  files: readonly FileInfo[];
  run_id: string;
  depth: number;
  chosen: string;
  onChoose: (path: string) => void;
}

const MOST_LISTED = 500;

function Files({ files, ...rest }: FilesProps) {
  const [most, setMost] = useState(MOST_LISTED);
  return (
    <>
      {files
        .slice(0, most)
        .map((file) =>
          file.is_dir ? (
            <Folder key={file.path} folder={file} {...rest} />
          ) : (
            <Entry
              key={file.path}
              file={file}
              depth={rest.depth}
              isChosen={file.path === rest.chosen}
              onClick={() => rest.onChoose(file.path)}
            />
          ),
        )}
      {files.length > most && (
        <button
          type="button"
          className="tree-entry faint"
          onClick={() => setMost(most + MOST_LISTED)}
        >
          {files.length - most} more
        </button>
      )}
    </>
  );
}

function Folder({ folder, ...rest }: Omit<FilesProps, "files"> & { folder: FileInfo }) {
  const [isOpen, setOpen] = useState(rest.chosen.startsWith(`${folder.path}/`));
  const inside = useFolder(rest.run_id, folder.path, isOpen);
  return (
    <>
      <Entry
        file={folder}
        depth={rest.depth}
        isOpen={isOpen}
        isChosen={false}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && inside.data && <Files files={inside.data} {...rest} depth={rest.depth + 1} />}
      {isOpen && inside.data?.length === 0 && <p className="tree-note faint">empty</p>}
      {isOpen && inside.isError && <p className="tree-note bad-text">{inside.error.message}</p>}
    </>
  );
}

interface EntryProps {
  file: FileInfo;
  depth: number;
  isOpen?: boolean;
  isChosen: boolean;
  onClick: () => void;
}

function Entry({ file, depth, isOpen, isChosen, onClick }: EntryProps) {
  const name = file.path.split("/").at(-1);
  return (
    <button
      type="button"
      role="treeitem"
      className={`tree-entry ${isChosen ? "chosen" : ""}`}
      aria-expanded={isOpen}
      aria-selected={isChosen}
      title={file.path}
      style={{ paddingLeft: 8 + depth * 14 }}
      onClick={onClick}
    >
      <span className={`tree-fold ${isOpen ? "open" : ""}`}>
        {file.is_dir && <Icon name="forward" size={10} />}
      </span>
      <Icon name={file.is_dir ? "folder" : "file"} size={14} />
      <span className="ellipsis">{name}</span>
      {!file.is_dir && <span className="tree-size">{fileSize(file.file_size ?? 0)}</span>}
    </button>
  );
}

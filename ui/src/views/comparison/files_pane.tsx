/** The files of the runs compared: the same path in every run, side by side or line by line. */
import { useState } from "react";
import { serverAddress } from "../../api/client";
import { type SharedFile, sharedFiles, useAllFilesOf } from "../../data/shared_files";
import { logSnippet } from "../../data/snippets";
import { CodeBlock } from "../../widgets/copy";
import { SearchField } from "../../widgets/fields";
import { Icon } from "../../widgets/icons";
import { Empty, Failure, Loading } from "../../widgets/panels";
import type { ComparedRuns } from "./compared_run";
import { FileComparison } from "./file_comparison";

const MOST_LISTED = 300;

export function FilesPane(props: ComparedRuns) {
  const { runs, state, change } = props;
  const run_ids = runs.map((run) => run.info.run_id);
  const asked = useAllFilesOf(run_ids);
  const failed = asked.find(({ isError }) => isError);
  const isPending = asked.some((each) => each.isPending);
  const files = sharedFiles(
    run_ids,
    asked.flatMap(({ data }) => (data ? [data] : [])),
  );
  if (failed) {
    return (
      <Failure
        what="The files of a run could not be listed"
        error={failed.error}
        retry={() => void failed.refetch()}
      />
    );
  }
  if (isPending) return <Loading rows={8} />;
  if (files.length === 0) {
    return (
      <Empty title="No artifacts">
        <p>
          Files that runs log under the same name are compared here. This logs one to the first run:
        </p>
        <CodeBlock
          code={logSnippet(serverAddress(), run_ids[0] ?? "", 'log_artifact("config.yaml")')}
        />
      </Empty>
    );
  }
  const chosen = files.find(({ path }) => path === state.path) ?? files[0];
  const isPart = asked.some(({ data }) => data && !data.isComplete);
  return (
    <section className="artifacts" aria-label="Files">
      <FileList
        files={files}
        most={runs.length}
        chosen={chosen?.path}
        isPart={isPart}
        onChoose={(path) => change({ path, left: undefined, right: undefined })}
      />
      <div className="preview">
        {chosen && <FileComparison key={chosen.path} file={chosen} {...props} />}
      </div>
    </section>
  );
}

interface FileListProps {
  files: readonly SharedFile[];
  /** How many runs there are. */
  most: number;
  chosen: string | undefined;
  isPart: boolean;
  onChoose: (path: string) => void;
}

function FileList({ files, most, chosen, isPart, onChoose }: FileListProps) {
  const [text, setText] = useState("");
  const wanted = text.toLowerCase();
  const found = files.filter(({ path }) => path.toLowerCase().includes(wanted));
  return (
    <div className="files">
      <div className="files-search">
        <SearchField label="Find files" value={text} onChange={setText} />
      </div>
      <div className="tree">
        {found.slice(0, MOST_LISTED).map(({ path, run_ids }) => (
          <button
            key={path}
            type="button"
            className={`tree-entry ${path === chosen ? "chosen" : ""}`}
            aria-pressed={path === chosen}
            title={`${path}\nin ${run_ids.length} of ${most} runs`}
            onClick={() => onChoose(path)}
          >
            <Icon name="file" size={14} />
            <span className="ellipsis">{path}</span>
            <span className="tree-size">
              {run_ids.length}/{most}
            </span>
          </button>
        ))}
        {found.length > MOST_LISTED && (
          <p className="tree-note faint">{found.length - MOST_LISTED} more: type to narrow</p>
        )}
        {isPart && <p className="tree-note faint">A run has more files than are looked through.</p>}
      </div>
    </div>
  );
}

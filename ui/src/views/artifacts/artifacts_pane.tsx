/** The files of a run: a tree that can be searched, and the chosen file beside it. */
import { useRef, useState } from "react";
import type { Run } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { useAllFiles, useFolder } from "../../data/artifacts";
import { filesFound } from "../../data/file_tree";
import { count } from "../../data/numbers";
import { useLoggedModels } from "../../data/runs";
import { CodeBlock, CopyButton } from "../../widgets/copy";
import { SearchField } from "../../widgets/fields";
import { useKeys } from "../../widgets/keys";
import { Empty, Failure, Loading } from "../../widgets/panels";
import { modelIdsOf } from "../run/facts";
import { FilePreview } from "./file_preview";
import { FileTree, FoundFiles } from "./file_tree";
import { FolderPreview, ZipButton } from "./folder_preview";

export function ArtifactsPane({ run }: { run: Run }) {
  const { run_id, artifact_uri } = run.info;
  const { query } = useAddress();
  const chosen = query.get("path") ?? "";
  const root = useFolder(run_id, "");
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
  const model_ids = modelIdsOf(run);
  if (root.data.length === 0 && model_ids.length === 0) {
    return (
      <Empty title="No artifacts">
        <p>A run’s files appear here as soon as they are logged:</p>
        <CodeBlock code={`millstream.log_artifact("plot.png", run_id="${run_id}")`} />
        {artifact_uri && <p className="faint break-all">{artifact_uri}</p>}
      </Empty>
    );
  }
  return (
    <section className="artifacts" aria-label="Artifacts">
      <Files run_id={run_id} model_ids={model_ids} chosen={chosen} />
      <div className="preview">
        {chosen.endsWith("/") ? (
          <FolderPreview key={chosen} run={run} path={chosen.replace(/\/+$/, "")} />
        ) : chosen ? (
          <FilePreview key={chosen} run={run} path={chosen} />
        ) : (
          <Empty title="Choose a file">
            {artifact_uri && (
              <p className="faint break-all">
                {artifact_uri} <CopyButton text={artifact_uri} label="Copy the location" />
              </p>
            )}
            {root.data.length > 0 && (
              <p className="row-of-buttons">
                <ZipButton run_id={run_id} path="" words="Download all as zip" />
              </p>
            )}
          </Empty>
        )}
      </div>
    </section>
  );
}

interface FilesProps {
  run_id: string;
  /** The logged models that the run made. */
  model_ids: readonly string[];
  chosen: string;
}

function Files({ run_id, model_ids, chosen }: FilesProps) {
  const found = useLoggedModels(model_ids);
  const models = new Map(
    model_ids.map((model_id, at) => [model_id, found[at]?.data?.info.name ?? model_id]),
  );
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useKeys({ f: () => field.current?.focus() });
  const choose = (path: string) => changeQuery({ path });
  return (
    <div className="files">
      <div className="files-search">
        <SearchField field={field} label="Find files" value={text} onChange={setText} />
      </div>
      {text.trim() ? (
        <Found run_id={run_id} models={models} text={text} chosen={chosen} onChoose={choose} />
      ) : (
        <FileTree run_id={run_id} models={models} chosen={chosen} onChoose={choose} />
      )}
    </div>
  );
}

interface FoundProps {
  run_id: string;
  models: ReadonlyMap<string, string>;
  text: string;
  chosen: string;
  onChoose: (path: string) => void;
}

function Found({ run_id, models, text, chosen, onChoose }: FoundProps) {
  const all = useAllFiles(run_id, [...models.keys()]);
  if (all.isPending) return <Loading rows={6} />;
  if (all.isError) {
    return (
      <Failure
        what="The files could not be searched"
        error={all.error}
        retry={() => void all.refetch()}
      />
    );
  }
  const found = filesFound(all.data.files, text);
  return (
    <>
      <p className="pane-note" role="status">
        {found.length === 0
          ? `No path contains “${text.trim()}”`
          : `${count(found.length)} ${found.length === 1 ? "file" : "files"}`}
        {!all.data.isComplete && ` among the first ${count(all.data.files.length)}`}
      </p>
      <FoundFiles files={found} models={models} chosen={chosen} onChoose={onChoose} />
    </>
  );
}

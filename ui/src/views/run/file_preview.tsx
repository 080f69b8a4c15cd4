/** One file: shown if it can be, and always there to download. */
import { useMemo } from "react";
import type { Run } from "../../api/types.gen";
import { fileAddress, type PreviewKind, previewKind, useBeginning } from "../../data/artifacts";
import { parseTable } from "../../data/csv";
import { looksNumeric } from "../../data/numbers";
import { CopyButton } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { Empty, Failure, Loading } from "../../widgets/panels";
import { RegisterFolderButton } from "./registered_versions";

const MOST_ROWS = 500;
const MOST_COLUMNS = 100;

export function FilePreview({ run, path }: { run: Run; path: string }) {
  const { run_id } = run.info;
  const kind = previewKind(path);
  return (
    <>
      <header className="preview-head">
        <span className="ellipsis" title={path}>
          {path}
        </span>
        <RegisterFolderButton run={run} path={path} />
        <CopyButton text={path} label="Copy the path" />
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
      {kind === "image" && (
        <div className="preview-image">
          <img src={fileAddress(run_id, path)} alt={path} />
        </div>
      )}
      {kind === "none" && <NoPreview />}
      {kind !== "image" && kind !== "none" && (
        <TextPreview run_id={run_id} path={path} kind={kind} />
      )}
    </>
  );
}

function NoPreview() {
  return (
    <Empty title="No preview for this kind of file">
      <p>Download it with the button above.</p>
    </Empty>
  );
}

interface TextPreviewProps {
  run_id: string;
  path: string;
  kind: PreviewKind;
}

function TextPreview({ run_id, path, kind }: TextPreviewProps) {
  const { data, error, isPending, refetch } = useBeginning(run_id, path, true);
  if (isPending) return <Loading rows={8} />;
  if (error)
    return <Failure what="The file could not be read" error={error} retry={() => void refetch()} />;
  if (data.isBinary) return <NoPreview />;
  return (
    <div className="preview-body">
      {!data.isWhole && (
        <p className="pane-note">The beginning of the file; download it for the rest.</p>
      )}
      {kind === "table" ? (
        <TablePreview text={data.text} separator={path.endsWith("tsv") ? "\t" : ","} />
      ) : (
        <pre className="preview-text">
          {kind === "json" && data.isWhole ? indented(data.text) : data.text}
        </pre>
      )}
    </div>
  );
}

function indented(text: string): string {
  // Only what stands on one line gains from it; numbers too long for JavaScript would change.
  if (text.trim().includes("\n") || /\d{16}/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function TablePreview({ text, separator }: { text: string; separator: string }) {
  const rows = useMemo(() => parseTable(text, separator, MOST_ROWS + 1), [text, separator]);
  const [head = [], ...body] = rows;
  const columns = head.slice(0, MOST_COLUMNS);
  return (
    <div className="preview-table">
      <table>
        <thead>
          <tr>
            <th>{""}</th>
            {columns.map((name, at) => (
              <th key={at}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, at) => (
            <tr key={at}>
              <td className="faint">{at + 1}</td>
              {columns.map((_, column) => (
                <td
                  key={column}
                  className={looksNumeric(row[column] ?? "") ? "numeric" : undefined}
                >
                  {row[column]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS && <p className="pane-note">The first {MOST_ROWS} rows.</p>}
      {head.length > MOST_COLUMNS && (
        <p className="pane-note">
          The first {MOST_COLUMNS} of {head.length} columns.
        </p>
      )}
    </div>
  );
}

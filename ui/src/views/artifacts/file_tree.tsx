/** The tree of a run's files: a folder that is chosen opens where it stands, arrow keys walk. */
import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import type { FileInfo } from "../../api/types.gen";
import { folderQueries } from "../../data/artifacts";
import { type FolderState, foldersAbove, type TreeRow, treeRows } from "../../data/file_tree";
import { modelFolder, pathInModel } from "../../data/model_paths";
import { fileSize } from "../../data/numbers";
import { Icon, type IconName } from "../../widgets/icons";

const ROW_HEIGHT = 26;
const INDENT = 14;

interface FileTreeProps {
  run_id: string;
  /** Logged models with their names; their folders stand before the run's own. */
  models: ReadonlyMap<string, string>;
  /** The path of a file, or of a folder with a slash at its end. */
  chosen: string;
  onChoose: (path: string) => void;
}

export function FileTree({ run_id, models, chosen, onChoose }: FileTreeProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(foldersAbove(chosen)));
  const [opened, setOpened] = useState(chosen);
  if (opened !== chosen) {
    // A file chosen elsewhere shows where it is.
    setOpened(chosen);
    setOpen(new Set([...open, ...foldersAbove(chosen)]));
  }
  const paths = useMemo(() => ["", ...open], [open]);
  const queries = useQueries({ queries: folderQueries(run_id, paths) });
  const folders = new Map<string, FolderState>(
    paths.map((path, at) => {
      const query = queries[at];
      if (query?.data) return [path, { files: query.data }];
      return [path, query?.error ? { problem: query.error.message } : undefined];
    }),
  );
  const root = folders.get("");
  const ofModels = [...models.keys()].map((id) => ({ path: modelFolder(id), is_dir: true }));
  if (root && "files" in root) folders.set("", { files: [...ofModels, ...root.files] });
  const fold = (path: string, isOpen: boolean) => {
    const next = new Set(open);
    if (isOpen) next.add(path);
    else next.delete(path);
    setOpen(next);
  };
  return (
    <TreeRows
      rows={treeRows(folders)}
      models={models}
      chosen={chosen}
      onChoose={onChoose}
      onFold={fold}
    />
  );
}

interface FoundFilesProps {
  files: readonly FileInfo[];
  models: ReadonlyMap<string, string>;
  chosen: string;
  onChoose: (path: string) => void;
}

/** Files without their tree, by their whole paths. */
export function FoundFiles({ files, models, chosen, onChoose }: FoundFilesProps) {
  const rows = files.map((file): TreeRow => ({ kind: "file", file, depth: 0 }));
  return <TreeRows rows={rows} models={models} chosen={chosen} onChoose={onChoose} hasWholePaths />;
}

interface TreeRowsProps {
  rows: readonly TreeRow[];
  models: ReadonlyMap<string, string>;
  chosen: string;
  onChoose: (path: string) => void;
  onFold?: (path: string, isOpen: boolean) => void;
  hasWholePaths?: boolean;
}

function TreeRows(props: TreeRowsProps) {
  const { rows, models, chosen, onChoose, onFold, hasWholePaths = false } = props;
  const [cursor, setCursor] = useState<string>();
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 20,
  });
  const chosenPath = chosen.replace(/\/$/, "");
  const stands = rows.findIndex((row) => pathOf(row) === (cursor ?? chosenPath));
  /** The row there, or the next one beyond that can be stood on. */
  const goTo = (at: number) => {
    const step = at < stands ? -1 : 1;
    let to = at;
    while (rows[to]?.kind === "note") to += step;
    const row = rows[to];
    if (row === undefined || row.kind === "note") return;
    setCursor(row.file.path);
    list.scrollToIndex(to);
    if (row.kind === "file") onChoose(row.file.path);
  };
  const pressed = (event: KeyboardEvent) => {
    const row = rows[stands];
    if (event.key === "ArrowDown") goTo(stands + 1);
    else if (event.key === "ArrowUp") goTo(stands - 1);
    else if (event.key === "Home") goTo(0);
    else if (event.key === "End") goTo(rows.length - 1);
    else if (event.key === "ArrowRight" && row?.kind === "folder") {
      if (row.isOpen) goTo(stands + 1);
      else onFold?.(row.file.path, true);
    } else if (event.key === "ArrowLeft" && row) {
      if (row.kind === "folder" && row.isOpen) onFold?.(row.file.path, false);
      else goTo(rows.findIndex((each) => pathOf(each) === foldersAbove(pathOf(row)).at(-1)));
    } else if (event.key === "Enter" && row?.kind === "folder") {
      onFold?.(row.file.path, !row.isOpen);
    } else return;
    event.preventDefault();
  };
  return (
    <div
      ref={scroller}
      className="tree"
      role="tree"
      aria-label="Files"
      tabIndex={0}
      aria-activedescendant={stands < 0 ? undefined : `file-${stands}`}
      onKeyDown={pressed}
    >
      <div className="tree-canvas" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (!row) return null;
          const path = pathOf(row);
          return (
            <div
              key={path}
              className="tree-place"
              role="none"
              style={{ transform: `translateY(${start}px)` }}
            >
              <Row
                id={`file-${index}`}
                row={row}
                label={labelOf(path, models, hasWholePaths)}
                isChosen={path === chosenPath && row.kind !== "note"}
                isCursor={index === stands}
                onClick={() => {
                  setCursor(path);
                  if (row.kind !== "folder") onChoose(path);
                  else if (path === chosenPath) onFold?.(path, !row.isOpen);
                  else onChoose(`${path}/`);
                }}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** A logged model is called by its name, anything else by its own or by its whole path. */
function labelOf(path: string, models: ReadonlyMap<string, string>, isWhole: boolean): string {
  const ofModel = pathInModel(path);
  const model = ofModel && (models.get(ofModel.model_id) ?? ofModel.model_id);
  if (ofModel && isWhole) return `${model}/${ofModel.inner}`;
  if (model && !ofModel?.inner) return model;
  return isWhole ? path : (path.split("/").at(-1) ?? path);
}

function iconOf({ kind, file }: Exclude<TreeRow, { kind: "note" }>): IconName {
  if (kind === "file") return "file";
  return pathInModel(file.path)?.inner === "" ? "model" : "folder";
}

function pathOf(row: TreeRow): string {
  return row.kind === "note" ? `${row.path}/` : row.file.path;
}

interface RowProps {
  id: string;
  row: TreeRow;
  label: string;
  isChosen: boolean;
  isCursor: boolean;
  onClick: () => void;
}

function Row({ id, row, label, isChosen, isCursor, onClick }: RowProps) {
  const style = { paddingLeft: 8 + row.depth * INDENT };
  if (row.kind === "note") {
    return (
      <p id={id} className={`tree-entry ${row.isBad ? "bad-text" : "faint"}`} style={style}>
        <span className="tree-fold" />
        {row.text}
      </p>
    );
  }
  const { file, kind } = row;
  const isOpen = kind === "folder" ? row.isOpen : undefined;
  return (
    <button
      id={id}
      type="button"
      role="treeitem"
      tabIndex={-1}
      className={`tree-entry ${isChosen ? "chosen" : ""} ${isCursor ? "cursor" : ""}`}
      aria-expanded={isOpen}
      aria-selected={isChosen}
      aria-level={row.depth + 1}
      title={file.path}
      style={style}
      onClick={onClick}
    >
      <span className={`tree-fold ${isOpen ? "open" : ""}`}>
        {kind === "folder" && <Icon name="forward" size={10} />}
      </span>
      <Icon name={iconOf(row)} size={14} />
      <span className="ellipsis">{label}</span>
      {kind === "file" && <span className="tree-size">{fileSize(file.file_size ?? 0)}</span>}
    </button>
  );
}

/** A Parquet file: the rows that are looked at, and only the bytes that hold them. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { fileAddress } from "../../data/artifacts";
import { count } from "../../data/numbers";
import { type ParquetFile as Opened, openParquet, plainRows } from "../../data/parquet";
import { IconButton } from "../../widgets/button";
import { Empty, Failure, Loading } from "../../widgets/panels";
import { DataTable } from "./data_table";
import type { FileProps } from "./file";

const ROWS_AT_ONCE = 100;
const MOST_COLUMNS = 200;

export function ParquetFile({ run, path, size }: FileProps) {
  const { run_id } = run.info;
  const opened = useQuery({
    queryKey: ["parquet", run_id, path, size],
    queryFn: () => openParquet(fileAddress(run_id, path), size ?? 0),
    enabled: size !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    structuralSharing: false,
    retry: false,
  });
  if (size === undefined) {
    return (
      <Failure
        what="The file could not be read"
        error={new Error("The server does not say how large it is: download it instead.")}
      />
    );
  }
  if (opened.isPending) return <Loading rows={8} />;
  if (opened.isError) {
    return (
      <Failure
        what="The file could not be read as Parquet"
        error={opened.error}
        retry={() => void opened.refetch()}
      />
    );
  }
  if (opened.data.columns.length === 0) return <Empty title="The file has no columns" />;
  return <Rows run_id={run_id} path={path} file={opened.data} />;
}

function Rows({ run_id, path, file }: { run_id: string; path: string; file: Opened }) {
  const [first, setFirst] = useState(0);
  const columns = file.columns.slice(0, MOST_COLUMNS);
  const rows = useQuery({
    queryKey: ["parquet rows", run_id, path, first],
    queryFn: async () => {
      const names = columns.map(({ name }) => name);
      return plainRows(await file.rows(first, ROWS_AT_ONCE, names));
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    structuralSharing: false,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const last = Math.min(file.total, first + ROWS_AT_ONCE);
  return (
    <>
      <div className="preview-bar">
        <span>
          {file.total > 0 ? `Rows ${count(first + 1)} to ${count(last)} of ` : ""}
          {count(file.total)} {file.total > 0 ? "" : "rows"}
        </span>
        <IconButton
          icon="back"
          label="Rows before"
          disabled={first === 0}
          onClick={() => setFirst(Math.max(0, first - ROWS_AT_ONCE))}
        />
        <IconButton
          icon="forward"
          label="Rows after"
          disabled={last >= file.total}
          onClick={() => setFirst(first + ROWS_AT_ONCE)}
        />
        <span className="faint">{count(file.columns.length)} columns</span>
      </div>
      {rows.isPending && <Loading rows={8} />}
      {rows.isError && (
        <Failure
          what="The rows could not be read"
          error={rows.error}
          retry={() => void rows.refetch()}
        />
      )}
      {rows.data && (
        <DataTable
          columns={columns}
          rows={rows.data}
          first={first}
          run_id={run_id}
          foot={
            file.columns.length > MOST_COLUMNS && (
              <p className="pane-note">
                The first {MOST_COLUMNS} of {count(file.columns.length)} columns.
              </p>
            )
          }
        />
      )}
    </>
  );
}

/** Saves exactly this view, or the selected runs of it, as a file. */
import { useState } from "react";
import { download } from "../../charts/takeaway";
import type { RunColumn } from "../../data/columns";
import { count } from "../../data/numbers";
import type { RunQuery } from "../../data/run_table";
import { exportView, FORMATS, type Format } from "../../data/view_export";
import { Button } from "../../widgets/button";
import { Menu } from "../../widgets/menu";
import { attempt } from "../../widgets/notices";
import { usePageEntries } from "../../widgets/page_menu";

const NAMES: Record<Format, string> = { csv: "CSV", json: "JSON", parquet: "Parquet" };

interface ExportMenuProps {
  query: RunQuery;
  arranged: readonly RunColumn[];
  selected: ReadonlySet<string>;
}

export function ExportMenu({ query, arranged, selected }: ExportMenuProps) {
  const [rows, setRows] = useState<number>();
  const save = async (format: Format) => {
    setRows(0);
    await attempt("The view could not be exported", async () => {
      const file = await exportView(format, query, arranged, selected, setRows);
      download(file, `runs-${query.experiment_id}.${format}`);
    });
    setRows(undefined);
  };
  const what = selected.size > 0 ? `${count(selected.size)} selected as ` : "All rows as ";
  const entries = FORMATS.map((format) => ({
    label: what + NAMES[format],
    onSelect: () => void save(format),
  }));
  usePageEntries(
    entries.map(({ label, onSelect }) => ({
      label: `Export ${label[0]?.toLowerCase()}${label.slice(1)}`,
      icon: "download" as const,
      onSelect,
    })),
  );
  const button = (
    <Button icon="download" title="Export this view" disabled={rows !== undefined}>
      {rows === undefined ? "Export" : `${count(rows)} rows…`}
    </Button>
  );
  return <Menu button={button} entries={entries} />;
}

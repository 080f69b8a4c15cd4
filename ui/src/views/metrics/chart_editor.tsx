/** The form that makes a chart or changes one: its kind and what stands where. */
import { useMemo, useState } from "react";
import {
  type Arrangement,
  addChart,
  type ChartKind,
  type ChartSpec,
  changeChart,
  freshId,
  type LogAxes,
  resizeChart,
  specOf,
} from "../../charts/arrangement";
import { CHART_KINDS } from "../../charts/chart_kinds";
import { useCensus } from "../../data/column_facts";
import { columnOf, NAME_COLUMN } from "../../data/columns";
import { Choice } from "../../widgets/button";
import { FormDialog } from "../../widgets/form_dialog";
import type { ChartData } from "./chart_data";
import { columnLabel, titleOf } from "./chart_title";
import { ColumnField, ColumnListField, type ColumnOption } from "./column_fields";

/** The chart to change; a new one if it has no id. */
export interface Edited {
  id: string | undefined;
}

interface ChartEditorProps {
  edited: Edited;
  data: ChartData;
  metric_keys: readonly string[];
  arrangement: Arrangement;
  onSave: (arrangement: Arrangement) => void;
  onClose: () => void;
}

const KINDS = Object.entries(CHART_KINDS).map(([kind, { label }]) => ({
  value: kind as ChartKind,
  label,
}));
const LOGS: { value: LogAxes | "page"; label: string }[] = [
  { value: "page", label: "As the page" },
  { value: "none", label: "None" },
  { value: "y", label: "y" },
  { value: "x", label: "x" },
  { value: "xy", label: "Both" },
];
const HAVE_LOGS: ReadonlySet<ChartKind> = new Set(["line", "scatter", "contour"]);
/** Only lines follow the page. */
const OWN_LOGS = LOGS.filter(({ value }) => value !== "none").map((log) =>
  log.value === "page" ? { ...log, label: "None" } : log,
);

export function ChartEditor(props: ChartEditorProps) {
  const { edited, data, metric_keys, arrangement, onSave, onClose } = props;
  const { id } = edited;
  const [spec, setSpec] = useState<ChartSpec>(() =>
    id === undefined ? { kind: "line", columns: [] } : specOf(arrangement, id),
  );
  const options = useOptions(data, metric_keys);
  const { wanted, least } = CHART_KINDS[spec.kind];
  const filled = spec.columns.filter(Boolean);
  const save = async () => {
    const whole = { ...spec, columns: filled };
    if (id !== undefined) onSave(changeChart(arrangement, id, whole));
    else {
      const added = addChart(metric_keys, arrangement, whole);
      // Axes side by side need room.
      const size = spec.kind === "parallel" ? 2 : 1;
      onSave(resizeChart(added, freshId(arrangement), size));
    }
  };
  const setColumn = (at: number, to: string) => {
    const columns = wanted.map((_, place) => (place === at ? to : (spec.columns[place] ?? "")));
    setSpec({ ...spec, columns });
  };
  const isReady =
    filled.length >= least && spec.columns.slice(0, least).every((column) => column !== "");
  return (
    <FormDialog
      title={id === undefined ? "Add a chart" : "Edit the chart"}
      action={id === undefined ? "Add" : "Save"}
      isReady={isReady}
      onSave={save}
      onClose={onClose}
    >
      <label>
        Kind
        <select
          className="field"
          value={spec.kind}
          onChange={(event) => setSpec(changedKind(spec, event.target.value as ChartKind, options))}
        >
          {KINDS.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {wanted.map((want, at) => {
        const fitting = options.filter((option) => fits(option, want.of));
        if (want.isList) {
          return (
            <ColumnListField
              key={want.label}
              label={want.label}
              options={fitting}
              value={filled}
              onChange={(columns) => setSpec({ ...spec, columns })}
            />
          );
        }
        return (
          <ColumnField
            key={want.label}
            label={want.isOptional ? `${want.label} (optional)` : want.label}
            options={fitting}
            value={spec.columns[at] ?? ""}
            isOptional={want.isOptional ?? false}
            onChange={(to) => setColumn(at, to)}
          />
        );
      })}
      {HAVE_LOGS.has(spec.kind) && (
        <div>
          <span className="field-label">Logarithmic axes</span>
          <Choice
            label="Logarithmic axes"
            value={spec.log ?? "page"}
            options={spec.kind === "line" ? LOGS : OWN_LOGS}
            onChange={(to) => setSpec({ ...spec, log: to === "page" ? undefined : to })}
          />
        </div>
      )}
      <label>
        Title
        <input
          className="field"
          value={spec.title ?? ""}
          placeholder={
            filled.length > 0 ? titleOf({ ...spec, title: undefined }) : "After its columns"
          }
          onChange={(event) => setSpec({ ...spec, title: event.target.value || undefined })}
        />
      </label>
    </FormDialog>
  );
}

function fits(option: ColumnOption, of: "metrics" | "numbers" | "any"): boolean {
  if (of === "metrics") return option.group === "metrics";
  return of === "any" || option.isNumeric;
}

/** Columns stay where they still make sense. */
function changedKind(
  spec: ChartSpec,
  kind: ChartKind,
  options: readonly ColumnOption[],
): ChartSpec {
  const { wanted } = CHART_KINDS[kind];
  const known = new Map(options.map((option) => [option.id, option]));
  const fitsAt = (id: string, at: number) => {
    const want = wanted[0]?.isList ? wanted[0] : wanted[at];
    const option = known.get(id);
    return want !== undefined && option !== undefined && fits(option, want.of);
  };
  const columns = wanted[0]?.isList
    ? spec.columns.filter((id) => fitsAt(id, 0))
    : wanted.map((_, at) => {
        const id = spec.columns[at] ?? "";
        return fitsAt(id, at) ? id : "";
      });
  return { kind, columns, title: spec.title };
}

/** All columns of the experiment, and the metrics of what is drawn. */
function useOptions(data: ChartData, metric_keys: readonly string[]): ColumnOption[] {
  const { census } = useCensus(data.runs[0]?.info.experiment_id ?? "");
  return useMemo(() => {
    const options = new Map<string, ColumnOption>();
    const add = (id: string, isNumeric: boolean) => {
      const column = columnOf(id);
      if (column) options.set(id, { id, group: column.group, label: columnLabel(id), isNumeric });
    };
    add(NAME_COLUMN, false);
    for (const { id, isNumeric } of census.columns) add(id, isNumeric ?? false);
    for (const key of metric_keys) add(`metrics.${key}`, true);
    return [...options.values()];
  }, [census, metric_keys]);
}

/** Python that draws a chart of columns from the server's data. */
import { columnOf } from "../data/columns";
import { pythonText } from "../data/snippets";
import type { ChartKind } from "./arrangement";

interface PlotCodeProps {
  server: string;
  title: string;
  kind: ChartKind;
  columns: readonly string[];
  labelOf: (column: string) => string;
  /** Which runs: those that a filter lets through, or by their ids. */
  runs: { experiment_id: string; filter: string; most: number } | { run_ids: readonly string[] };
}

/** The whole script; it needs matplotlib and pandas. */
export function plotCode(props: PlotCodeProps): string {
  const { server, title, columns, labelOf, runs } = props;
  const found =
    "run_ids" in runs
      ? `[client.get_run(run_id) for run_id in [${runs.run_ids.map(pythonText).join(", ")}]]`
      : `client.search_runs([${pythonText(runs.experiment_id)}], ${pythonText(runs.filter)}, max_results=${runs.most})`;
  const labels = [...new Set(columns)];
  return [
    "import matplotlib.pyplot as plt",
    "import pandas as pd",
    "from millstream import MillstreamClient",
    "",
    `client = MillstreamClient(${pythonText(server)})`,
    `runs = ${found}`,
    "frame = pd.DataFrame(",
    "    {",
    ...labels.map(
      (id) => `        ${pythonText(labelOf(id))}: [${valueCode(id)} for run in runs],`,
    ),
    "    }",
    ').apply(lambda column: pd.to_numeric(column, errors="coerce").combine_first(column))',
    ...drawing(props),
    `plt.title(${pythonText(title)})`,
    "plt.show()",
    "",
  ].join("\n");
}

/** How Python reads a column of a run. */
function valueCode(id: string): string {
  const { group, key = "" } = columnOf(id) ?? {};
  const name = pythonText(key);
  switch (group) {
    case "metrics":
    case "params":
    case "tags":
      return `run.data.${group}.get(${name})`;
    case "min":
    case "max":
      return `${group}((point.value for point in client.get_metric_history(run.info.run_id, ${name})), default=None)`;
    default:
      return attributeCode(key);
  }
}

function attributeCode(key: string): string {
  switch (key) {
    case "duration":
      return "(run.info.end_time or 0) - run.info.start_time";
    case "source":
      return 'run.data.tags.get("mlflow.source.name")';
    case "git_commit":
      return 'run.data.tags.get("mlflow.source.git.commit")';
    case "user_id":
      return 'run.data.tags.get("mlflow.user")';
    case "datasets":
      return '", ".join(each.dataset.name for each in run.inputs.dataset_inputs)';
    case "models":
      return "len(run.outputs.model_outputs)";
    default:
      return `run.info.${key}`;
  }
}

function drawing({ kind, columns, labelOf }: PlotCodeProps): string[] {
  const [first = '""', second, third] = columns.map((id) => pythonText(labelOf(id)));
  switch (kind) {
    case "scatter":
      return [
        third
          ? `colours = frame[${third}] if frame[${third}].dtype.kind in "if" else pd.factorize(frame[${third}])[0]`
          : "colours = None",
        `plt.scatter(frame[${first}], frame[${second}], c=colours)`,
        ...(third ? [`plt.colorbar(label=${third})`] : []),
        `plt.xlabel(${first})`,
        `plt.ylabel(${second})`,
      ];
    case "contour":
      return [
        `whole = frame.dropna().groupby([${first}, ${second}], as_index=False).mean()`,
        `plt.tricontourf(whole[${first}], whole[${second}], whole[${third}], levels=10)`,
        `plt.colorbar(label=${third})`,
        `plt.plot(whole[${first}], whole[${second}], "ow", markeredgecolor="grey")`,
        `plt.xlabel(${first})`,
        `plt.ylabel(${second})`,
      ];
    case "box":
      return [
        `groups = frame.dropna(subset=[${first}]).groupby(${second})[${first}]`,
        "plt.boxplot([values for _, values in groups], tick_labels=[name for name, _ in groups])",
        `plt.xlabel(${second})`,
        `plt.ylabel(${first})`,
      ];
    case "bar":
      return second
        ? [
            `groups = frame.groupby(${second})[${first}]`,
            "plt.bar(groups.mean().index.astype(str), groups.mean(), yerr=groups.std().fillna(0))",
            `plt.xlabel(${second})`,
            `plt.ylabel(${first})`,
          ]
        : [
            `plt.bar([run.info.run_name for run in runs], frame[${first}])`,
            `plt.ylabel(${first})`,
            "plt.xticks(rotation=90)",
          ];
    default:
      return [
        'places = frame.apply(lambda column: column if column.dtype.kind in "if" else pd.factorize(column)[0])',
        "shares = (places - places.min()) / (places.max() - places.min())",
        'plt.plot(shares.T.to_numpy(), color="tab:blue", alpha=0.5)',
        "plt.xticks(range(len(shares.columns)), shares.columns, rotation=20)",
      ];
  }
}

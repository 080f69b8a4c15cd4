/** Python that draws a chart of lines from the server's data. */
import { pythonText } from "../data/snippets";
import { type AxisKind, axisLabel, metricOfAxis } from "./axes";
import type { LineStyle } from "./line";
import type { Smoothing } from "./smoothing";

interface LineCodeProps {
  server: string;
  title: string;
  run_ids: readonly string[];
  metric_keys: readonly string[];
  style: LineStyle;
}

/** The whole script; it needs matplotlib, which brings numpy. */
export function lineCode({ server, title, run_ids, metric_keys, style }: LineCodeProps): string {
  const { axis, logarithmic, smoothing } = style;
  const isSmoothed = smoothing.strength > 0;
  return [
    "import matplotlib.pyplot as plt",
    ...(isSmoothed || axis === "wall" ? ["import numpy as np"] : []),
    "from millstream import MillstreamClient",
    "",
    `client = MillstreamClient(${pythonText(server)})`,
    ...(isSmoothed ? ["", ...smoothingCode(smoothing), ""] : []),
    `for run_id in [${run_ids.map(pythonText).join(", ")}]:`,
    "    run = client.get_run(run_id)",
    ...alongCode(axis),
    `    for key in [${metric_keys.map(pythonText).join(", ")}]:`,
    "        history = sorted(client.get_metric_history(run_id, key), key=lambda point: point.step)",
    ...placesCode(axis),
    "        y = [point.value for point in history]",
    `        label = ${metric_keys.length > 1 ? 'f"{run.info.run_name} {key}"' : "run.info.run_name"}`,
    ...(isSmoothed
      ? [
          "        line, = plt.plot(x, smooth(y), label=label)",
          "        plt.plot(x, y, color=line.get_color(), alpha=0.2)",
        ]
      : ["        plt.plot(x, y, label=label)"]),
    ...(logarithmic.x ? ['plt.xscale("log")'] : []),
    ...(logarithmic.y ? ['plt.yscale("log")'] : []),
    `plt.xlabel(${pythonText(axisText(axis))})`,
    `plt.title(${pythonText(title)})`,
    "plt.legend()",
    "plt.show()",
    "",
  ].join("\n");
}

function axisText(axis: AxisKind): string {
  return axis === "relative" ? "seconds since the start" : axisLabel(axis);
}

function alongCode(axis: AxisKind): string[] {
  const along = metricOfAxis(axis);
  if (along === undefined) return [];
  return [
    `    points = client.get_metric_history(run_id, ${pythonText(along)})`,
    "    along = {point.step: point.value for point in points}",
  ];
}

function placesCode(axis: AxisKind): string[] {
  switch (axis) {
    case "step":
      return ["        x = [point.step for point in history]"];
    case "wall":
      return [
        '        x = np.array([point.timestamp for point in history], dtype="datetime64[ms]")',
      ];
    case "relative":
      return ["        x = [(point.timestamp - run.info.start_time) / 1000 for point in history]"];
    default:
      return [
        "        history = [point for point in history if point.step in along]",
        "        x = [along[point.step] for point in history]",
      ];
  }
}

function smoothingCode({ kind, strength }: Smoothing): string[] {
  if (kind === "exponential") {
    return [
      "def smooth(values):",
      "    total = mass = 0.0",
      "    smoothed = []",
      "    for value in values:",
      `        total, mass = total * ${strength} + value, mass * ${strength} + 1`,
      "        smoothed.append(total / mass)",
      "    return smoothed",
    ];
  }
  const kernel =
    kind === "mean"
      ? [`    kernel = np.ones(${2 * Math.floor((strength - 1) / 2) + 1})`]
      : [
          `    reach = ${Math.ceil(strength * 3)}`,
          `    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / ${strength}) ** 2)`,
        ];
  return [
    "def smooth(values):",
    ...kernel,
    "    start, end = len(kernel) // 2, len(kernel) // 2 + len(values)",
    "    weights = np.convolve(np.ones(len(values)), kernel)[start:end]",
    "    return np.convolve(values, kernel)[start:end] / weights",
  ];
}

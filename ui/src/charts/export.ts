/** A chart to take away: as an image, as data, and as the code that makes it. */
import { formatTable } from "../data/csv";
import type { Line } from "../data/metrics";
import { exactNumber } from "../data/numbers";

/** The drawn chart on a ground of the page's colour. */
export function chartImage(chart: HTMLCanvasElement, ground: string): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = chart.width;
  canvas.height = chart.height;
  const context = canvas.getContext("2d");
  if (context) {
    context.fillStyle = ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(chart, 0, 0);
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the image is empty"))));
  });
}

/** The points of the chart as comma-separated text. */
export function chartTable(lines: readonly Line[]): string {
  const rows = lines.flatMap((line) =>
    line.steps.map((step, at) => [
      line.run_id,
      line.metric_key,
      step,
      line.timestamps[at] ?? "",
      exactNumber(line.values[at] ?? Number.NaN),
    ]),
  );
  return formatTable([["run_id", "metric", "step", "timestamp", "value"], ...rows]);
}

/** Python that draws the chart from the server's data. */
export function chartCode(server: string, metric_key: string, run_ids: readonly string[]): string {
  const text = (value: string) => JSON.stringify(value);
  return `import matplotlib.pyplot as plt
from millstream import MillstreamClient

client = MillstreamClient(${text(server)})
for run_id in [${run_ids.map(text).join(", ")}]:
    history = client.get_metric_history(run_id, ${text(metric_key)})
    plt.plot([point.step for point in history], [point.value for point in history], label=run_id[:8])
plt.xlabel("step")
plt.ylabel(${text(metric_key)})
plt.legend()
plt.show()
`;
}

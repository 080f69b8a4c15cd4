/** The course of a sweep: what each trial found, and the best found until then as a line. */
import type { PlotOption, PlotProps } from "./plot_frame";
import { scatterOption } from "./scatter";

/** From so many on points would run together. */
const DENSE = 150;

interface BestLine {
  name: string;
  colour: string;
  /** The best until each run, in their order; NaN before the first. */
  values: readonly number[];
}

/** Runs as points, in the order of their x, with the best of them as a line of steps. */
export function historyOption(props: PlotProps, best: BestLine): PlotOption {
  const option = scatterOption(props);
  const [points] = option.series as PlotOption[];
  const isDense = best.values.length > DENSE;
  const places = props.runs.values.get(props.columns[0] ?? "") ?? [];
  const line = {
    type: "line",
    name: best.name,
    step: "end",
    symbol: "none",
    silent: true,
    tooltip: { show: false },
    lineStyle: { color: best.colour, width: 1.5 },
    itemStyle: { color: best.colour },
    data: best.values.map((value, at) => [
      Number(places[at]),
      Number.isFinite(value) ? value : "-",
    ]),
  };
  return { ...option, series: [{ ...points, symbolSize: isDense ? 3 : 7, progressive: 0 }, line] };
}

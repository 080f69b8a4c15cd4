/** A plot of columns, drawn by ECharts. Heavy: only to be reached by a dynamic import. */
import {
  BarChart,
  BoxplotChart,
  CustomChart,
  LineChart,
  ParallelChart,
  ScatterChart,
} from "echarts/charts";
import {
  BrushComponent,
  GridComponent,
  LegendComponent,
  LegendScrollComponent,
  ParallelComponent,
  TitleComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
} from "echarts/components";
import { type ECharts, init, use } from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { Interval } from "../compared_runs";
import { canvasAsPng } from "../picture";
import type { PlotOption } from "./plot_frame";

use([
  BarChart,
  BoxplotChart,
  CustomChart,
  LineChart,
  ParallelChart,
  ScatterChart,
  BrushComponent,
  GridComponent,
  LegendComponent,
  LegendScrollComponent,
  ParallelComponent,
  TitleComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
  CanvasRenderer,
  SVGRenderer,
]);

interface PlotBoxProps {
  label: string;
  option: PlotOption;
  /** Told which points a frame was drawn around; without it none can be drawn. */
  onFrame?: ((points: number[]) => void) | undefined;
  /** Told the intervals of an axis of parallel coordinates. */
  onIntervals?: ((axis: number, intervals: Interval[]) => void) | undefined;
}

/** Fills its parent. What was brushed stays when the values change. */
export function Plot(props: PlotBoxProps) {
  const { label, option, onFrame } = props;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts>(null);
  const latest = useRef(props);
  const hasFrames = onFrame !== undefined;
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const made = init(parent, null, { renderer: "canvas" });
    chart.current = made;
    let framed: number[] = [];
    made.on("brushSelected", (event) => {
      framed = framedPoints(event);
    });
    made.on("brushEnd", () => latest.current.onFrame?.(framed));
    made.on("axisAreaSelected", (event) => {
      const { parallelAxisId, intervals } = event as AxisEvent;
      const axis = Number(parallelAxisId?.replace("axis ", ""));
      if (Number.isInteger(axis)) latest.current.onIntervals?.(axis, intervals ?? []);
    });
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(parent);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(option, { replaceMerge: ["series", "visualMap"] });
  }, [option]);

  useEffect(() => {
    if (!hasFrames) return;
    chart.current?.dispatchAction({
      type: "takeGlobalCursor",
      key: "brush",
      brushOption: { brushType: "rect", brushMode: "single" },
    });
  }, [hasFrames]);

  return <div ref={place} className="plot" role="img" aria-label={label} />;
}

interface AxisEvent {
  parallelAxisId?: string;
  intervals?: [number, number][];
}

interface BrushEvent {
  batch?: { selected?: { seriesIndex: number; dataIndex: number[] }[] }[];
}

/** The points of the first series: the others hold none. */
function framedPoints(event: unknown): number[] {
  const selected = (event as BrushEvent).batch?.[0]?.selected ?? [];
  return selected.find(({ seriesIndex }) => seriesIndex === 0)?.dataIndex ?? [];
}

const WIDTH = 800;
const HEIGHT = 480;

interface PlotImage {
  title: string;
  option: PlotOption;
  ground: string;
  text: string;
}

/** The plot with its title, large enough for paper. */
function withTitle({ title, option, ground, text }: PlotImage): PlotOption {
  const below = (part: unknown) => {
    const { top, ...rest } = part as { top?: number };
    return { ...rest, top: (typeof top === "number" ? top : 14) + 36 };
  };
  return {
    ...option,
    backgroundColor: ground,
    title: { text: title, left: 12, top: 10, textStyle: { fontSize: 14, color: text } },
    ...(option.grid !== undefined && { grid: below(option.grid) }),
    ...(option.parallel !== undefined && { parallel: below(option.parallel) }),
    ...(option.legend !== undefined && { legend: below(option.legend) }),
  };
}

/** The plot as an SVG document. */
export function plotAsSvg(image: PlotImage): string {
  const drawn = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  drawn.setOption(withTitle(image));
  const text = drawn.renderToSVGString();
  drawn.dispose();
  return text;
}

/** The plot as a PNG file, `ratio` pixels of it for each of the screen. */
export async function plotAsPng(image: PlotImage, ratio: number): Promise<Blob> {
  const parent = document.createElement("div");
  const size = { width: WIDTH, height: HEIGHT, devicePixelRatio: ratio };
  const drawn = init(parent, null, { renderer: "canvas", ...size });
  drawn.setOption(withTitle(image));
  const canvas = drawn.renderToCanvas({ pixelRatio: ratio, backgroundColor: image.ground });
  const blob = await canvasAsPng(canvas);
  drawn.dispose();
  return blob;
}

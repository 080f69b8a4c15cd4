/** A line chart: columns in, pixels out. */
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import { type Logarithmic, marksOf } from "./align";
import { type AxisKind, type AxisRange, placeText } from "./axes";
import { type HoverLine, hoverBox } from "./hover";
import { drawMarks } from "./marks";
import { type ChartColours, plotOptions } from "./plot_options";
import { type ChartLine, columnsOf, type Plan, planOf } from "./series_plan";
import type { Smoothing } from "./smoothing";

/** How all lines of a chart are drawn. */
export interface LineStyle {
  axis: AxisKind;
  logarithmic: Logarithmic;
  smoothing: Smoothing;
  isWithoutOutliers: boolean;
}

interface LineChartProps {
  label: string;
  lines: readonly ChartLine[];
  style: LineStyle;
  range: AxisRange | undefined;
  onRange: (range: AxisRange | undefined) => void;
  /** Changes when the colours of the page change. */
  colours: ChartColours;
}

/** Drag to look closer, double click to see all. Fills its parent. */
export function LineChart(props: LineChartProps) {
  const { lines, range, colours } = props;
  const { axis, smoothing, isWithoutOutliers } = props.style;
  const { kind, strength } = smoothing;
  const { x: isLogX, y: isLogY } = props.style.logarithmic;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const size = useRef<Size>(null);
  const latest = useRef(props);
  const logarithmic = useMemo(() => ({ x: isLogX, y: isLogY }), [isLogX, isLogY]);
  const data = useMemo((): uPlot.AlignedData => {
    const { x, columns } = columnsOf(lines, { kind, strength }, logarithmic);
    return [x, ...columns];
  }, [lines, kind, strength, logarithmic]);
  const form = JSON.stringify(planOf(lines, strength > 0));
  const plan = useMemo(() => JSON.parse(form) as Plan, [form]);
  const firstData = useRef(data);
  useEffect(() => {
    latest.current = props;
    firstData.current = data;
  });

  // All charts of a page are measured before the first of them changes what would be measured.
  useLayoutEffect(() => {
    if (place.current) size.current = sizeOf(place.current);
  }, []);

  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const options = plotOptions(
      { plan, logarithmic, isWithoutOutliers, axis, theme: colours },
      {
        range: () => latest.current.range,
        onRange: (to) => latest.current.onRange(to),
        draw: (drawn) => {
          for (const line of latest.current.lines) drawMarks(drawn, marksOf(line), line.colour);
        },
        plugin: hoverBox(() => ({
          lines: hoverLines(latest.current.lines, plan),
          placeText: (x) => placeText(x, axis),
        })),
      },
    );
    const measured = size.current ?? sizeOf(parent);
    // Text on a canvas in the page has the page laid out, and each chart changes it before it draws.
    const made = new uPlot({ ...options, ...measured }, firstData.current, (_, begin) => begin());
    chart.current = made;
    const stopPlacing = afterDrawing(() => parent.append(made.root));
    const observer = new ResizeObserver(() => {
      const now = sizeOf(parent);
      size.current = now;
      if (now.width !== made.width || now.height !== made.height) made.setSize(now);
    });
    observer.observe(parent);
    return () => {
      stopPlacing();
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [plan, logarithmic, isWithoutOutliers, axis, colours]);

  useEffect(() => {
    chart.current?.setData(data);
  }, [data, range]);

  return <div ref={place} className="line-chart" role="img" aria-label={props.label} />;
}

/**
 * Calls once all charts that were made in this task are drawn, each in a microtask of its own;
 * returns what prevents it.
 */
function afterDrawing(call: () => void): () => void {
  let isWanted = true;
  queueMicrotask(() => queueMicrotask(() => isWanted && call()));
  return () => {
    isWanted = false;
  };
}

/** In pixels. */
interface Size {
  width: number;
  height: number;
}

function sizeOf(parent: HTMLElement): Size {
  return { width: Math.max(80, parent.clientWidth), height: Math.max(60, parent.clientHeight) };
}

function hoverLines(lines: readonly ChartLine[], plan: Plan): HoverLine[] {
  return lines.flatMap(({ label, colour }, at) => {
    const places = plan.lines[at];
    return places ? [{ label, colour, ...places }] : [];
  });
}

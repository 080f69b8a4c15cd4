/** A line chart: columns in, pixels out. */
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { align, marksOf, type Placed } from "./align";
import { type AxisKind, type AxisRange, placeText } from "./axes";
import { type HoverLine, hoverBox } from "./hover";
import { drawMarks } from "./marks";
import { type ChartColours, plotOptions } from "./plot_options";
import { smooth } from "./smoothing";

/** One line; x and y are of equal length. */
export interface ChartLine extends Placed {
  id: string;
  label: string;
  colour: string;
}

interface LineChartProps {
  label: string;
  lines: readonly ChartLine[];
  axis: AxisKind;
  isLogarithmic: boolean;
  /** 0 (as it is) to below 1. */
  smoothing: number;
  range: AxisRange | undefined;
  onRange: (range: AxisRange | undefined) => void;
  /** Changes when the colours of the page change. */
  colours: ChartColours;
}

/** Drag to look closer, double click to see all. Fills its parent. */
export function LineChart(props: LineChartProps) {
  const { lines, axis, isLogarithmic, smoothing, range, colours } = props;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const latest = useRef(props);
  const isSmoothed = smoothing > 0;
  const data = useMemo(
    () => columnsOf(lines, smoothing, isLogarithmic),
    [lines, smoothing, isLogarithmic],
  );
  const form = JSON.stringify(lines.map((line) => [line.id, line.colour]));
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const options = plotOptions(
      {
        colours: lines.map((line) => ({ line: line.colour })),
        isSmoothed,
        isLogarithmic,
        axis,
        theme: colours,
      },
      {
        range: () => latest.current.range,
        onRange: (to) => latest.current.onRange(to),
        draw: (drawn) => {
          for (const line of latest.current.lines) drawMarks(drawn, marksOf(line), line.colour);
        },
        plugin: hoverBox(() => ({
          lines: hoverLines(latest.current.lines, isSmoothed),
          placeText: (x) => placeText(x, axis),
        })),
      },
    );
    const made = new uPlot({ ...options, ...sizeOf(parent) }, data, parent);
    chart.current = made;
    const observer = new ResizeObserver(() => {
      const size = sizeOf(parent);
      if (size.width !== made.width || size.height !== made.height) made.setSize(size);
    });
    observer.observe(parent);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [form, isSmoothed, isLogarithmic, axis, colours]);

  useEffect(() => {
    chart.current?.setData(data);
  }, [data, range]);

  return <div ref={place} className="line-chart" role="img" aria-label={props.label} />;
}

function sizeOf(parent: HTMLElement): { width: number; height: number } {
  return { width: Math.max(80, parent.clientWidth), height: Math.max(60, parent.clientHeight) };
}

function columnsOf(
  lines: readonly ChartLine[],
  smoothing: number,
  isLogarithmic: boolean,
): uPlot.AlignedData {
  const drawn = lines.flatMap((line) =>
    smoothing > 0 ? [line, { x: line.x, y: smooth(line.y, smoothing) }] : [line],
  );
  const { x, columns } = align(drawn, isLogarithmic);
  return [x, ...columns];
}

function hoverLines(lines: readonly ChartLine[], isSmoothed: boolean): HoverLine[] {
  return lines.map(({ label, colour }, at) => {
    const raw = isSmoothed ? at * 2 + 1 : at + 1;
    return { label, colour, raw, series: isSmoothed ? raw + 1 : raw };
  });
}

/** Charts of all metrics of some runs; only those in sight exist and ask for data. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Run } from "../../api/types.gen";
import { Empty } from "../../widgets/panels";
import { tokenColour, useColourVersion } from "../../widgets/theme";
import { ChartCard } from "./chart_card";
import { ChartControls } from "./chart_controls";
import { useChartState } from "./chart_state";

const CARD_HEIGHT = 226;
const NARROWEST_CARD = 330;

interface ChartPaneProps {
  runs: readonly Run[];
  runColour: ReadonlyMap<string, string>;
  /** What stands above the charts, such as how the runs were chosen. */
  note?: string | undefined;
  /** Metrics without a chart of their own. */
  without?: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

export function ChartPane({ runs, runColour, note, without = NONE }: ChartPaneProps) {
  const [state, change] = useChartState();
  const scroller = useRef<HTMLDivElement>(null);
  const across = useCardsAcross(scroller);
  const theme = useColourVersion();
  const colours = useMemo(
    () => ({
      text: tokenColour("--text-faint"),
      grid: tokenColour("--line-chart"),
      ground: tokenColour("--ground"),
    }),
    [theme],
  );
  const metrics = useMemo(() => metricKeys(runs), [runs]);
  const wanted = state.find.toLowerCase();
  const shown = metrics.filter((key) => !without.has(key) && key.toLowerCase().includes(wanted));
  const lanes = useVirtualizer({
    count: Math.ceil(shown.length / across),
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD_HEIGHT,
    overscan: 1,
  });

  return (
    <section className="chart-pane" aria-label="Charts">
      <ChartControls state={state} onChange={change} />
      {note && <p className="pane-note">{note}</p>}
      <div ref={scroller} className="chart-scroll">
        {shown.length === 0 && <Empty title={reason(metrics, without, state.find)} />}
        <div className="chart-canvas" style={{ height: lanes.getTotalSize() }}>
          {lanes.getVirtualItems().map((lane) => (
            <div
              key={lane.key}
              className="chart-lane"
              style={{
                transform: `translateY(${lane.start}px)`,
                height: CARD_HEIGHT,
                gridTemplateColumns: `repeat(${across}, minmax(0, 1fr))`,
              }}
            >
              {shown.slice(lane.index * across, (lane.index + 1) * across).map((metric_key) => (
                <ChartCard
                  key={metric_key}
                  metric_key={metric_key}
                  runs={runs}
                  runColour={runColour}
                  state={state}
                  onChange={change}
                  colours={colours}
                />
              ))}
            </div>
          ))}
        </div>
      </div>
    </section>
  );
}

function reason(metrics: readonly string[], without: ReadonlySet<string>, find: string): string {
  if (metrics.length === 0) return "No metrics logged";
  if (find) return `No chart of a metric named “${find}”`;
  return without.size > 0 ? "Each metric was logged once" : "No metrics logged";
}

function metricKeys(runs: readonly Run[]): string[] {
  const keys = new Set(runs.flatMap((run) => run.data?.metrics?.map(({ key }) => key) ?? []));
  // Measurements of the machine come last: they are rarely what one looks for first.
  const rank = (key: string) => Number(key.startsWith("system/"));
  return [...keys].sort((a, b) => rank(a) - rank(b) || compare(a, b));
}

const compare = new Intl.Collator("en", { numeric: true }).compare;

function useCardsAcross(element: { current: HTMLElement | null }): number {
  const [across, setAcross] = useState(1);
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const observer = new ResizeObserver(() => {
      setAcross(Math.max(1, Math.floor(target.clientWidth / NARROWEST_CARD)));
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return across;
}

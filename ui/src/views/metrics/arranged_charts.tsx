/** Charts of some runs, in sections; only those in sight exist and ask for data. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Run } from "../../api/types.gen";
import {
  type Arrangement,
  arrange,
  type ChartSection,
  type ChartSpec,
  foldSection,
  metricsOf,
} from "../../charts/arrangement";
import { formatArrangement, parseArrangement } from "../../charts/arrangement_address";
import { columnsTaken, type Lane, lanesOf } from "../../charts/lanes";
import { splitList } from "../../data/address";
import { earlierAttempts } from "../../data/attempts";
import { count } from "../../data/numbers";
import { Icon } from "../../widgets/icons";
import { later } from "../../widgets/later";
import { Empty } from "../../widgets/panels";
import { useStable } from "../../widgets/stable";
import { useIsDark } from "../../widgets/theme";
import { chartActions } from "./chart_actions";
import { ChartCard } from "./chart_card";
import { useChartColours } from "./chart_colours";
import { ChartControls } from "./chart_controls";
import type { ChartData, RunSource } from "./chart_data";
import type { Edited } from "./chart_editor";
import { useChartState } from "./chart_state";
import { columnLabel, titleOf } from "./chart_title";

const ChartDialog = later(async () => (await import("./chart_dialog")).ChartDialog, null);
const ChartEditor = later(async () => (await import("./chart_editor")).ChartEditor, null);

const NARROWEST_CARD = 330;

const NONE: ReadonlySet<string> = new Set();

export interface ChartPaneProps {
  runs: readonly Run[];
  runColour: ReadonlyMap<string, string>;
  /** What stands above the charts, such as how the runs were chosen. */
  note?: string | undefined;
  /** Metrics without a chart of their own. */
  without?: ReadonlySet<string>;
  /** The group of each run: lines of a group are drawn as their mean with a band. */
  groups?: ReadonlyMap<string, string> | undefined;
  /** The runs that charts of columns compare; `runs` if absent. */
  source?: RunSource | undefined;
  /** Those of them that stand out. */
  selected?: ReadonlySet<string> | undefined;
  /** Called with the runs that were brushed in a chart. */
  onSelect?: ((run_ids: string[]) => void) | undefined;
}

export function ArrangedCharts(props: ChartPaneProps) {
  const { runs, runColour, note, without = NONE, groups, selected = NONE } = props;
  const [state, change] = useChartState();
  const [edited, setEdited] = useState<Edited>();
  const scroller = useRef<HTMLDivElement>(null);
  const across = useCardsAcross(scroller);
  const isDark = useIsDark();
  const colours = useChartColours();
  const metric_keys = useMemo(() => metricKeys(runs), [runs]);
  const select = useStable((run_ids: string[]) => props.onSelect?.(run_ids));
  const onSelect = props.onSelect && select;
  const chosen = useSameSet(selected);
  const source = useSameSource(props.source);
  const data = useMemo(
    (): ChartData => ({
      runs,
      runColour,
      groups,
      source,
      selected: chosen,
      onSelect,
      colours,
      isDark,
    }),
    [runs, runColour, groups, source, chosen, onSelect, colours, isDark],
  );
  const { arrangement } = state;
  const { folded } = formatArrangement(arrangement);
  const sections = useSections(metric_keys, arrangement, state.find, without);
  const lanes = useMemo(
    () => (across ? lanesOf(sections, across, new Set(folded ? splitList(folded) : [])) : []),
    [sections, across, folded],
  );
  const actions = useMemo(
    () => chartActions(metric_keys, sections, state, change, (id) => setEdited({ id })),
    [metric_keys, sections, state, change],
  );
  const placed = sections.flatMap((section) => section.charts.map((chart) => ({ chart, section })));
  const full = placed.find(({ chart }) => chart.id === state.full);
  const shared = { data, state, onChange: change, actions };

  const virtual = useVirtualizer({
    count: lanes.length,
    getScrollElement: () => scroller.current,
    estimateSize: (at) => lanes[at]?.height ?? 0,
    getItemKey: (at) => keyOf(lanes[at]),
    overscan: 1,
  });
  const heights = lanes.map((lane) => lane.height).join();
  useEffect(() => virtual.measure(), [virtual, heights]);

  return (
    <section className="chart-pane" aria-label="Charts">
      <ChartControls
        state={state}
        onChange={change}
        metric_keys={metric_keys}
        hasGroups={groups !== undefined}
        hasEarlier={isResumed(runs)}
        onAdd={() => setEdited({ id: undefined })}
      />
      {note && <p className="pane-note">{note}</p>}
      <div ref={scroller} className="chart-scroll">
        {placed.length === 0 && <Empty title={reason(metric_keys, without, state.find)} />}
        <div className="chart-canvas" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const lane = lanes[item.index];
            if (!lane) return null;
            const transform = `translateY(${item.start}px)`;
            if (lane.kind === "head") {
              return (
                <SectionHead
                  key={item.key}
                  lane={lane}
                  transform={transform}
                  onFold={(name) => change({ arrangement: foldSection(arrangement, name) })}
                />
              );
            }
            const gridTemplateColumns = `repeat(${across}, minmax(0, 1fr))`;
            return (
              <div
                key={item.key}
                className="chart-lane"
                style={{ transform, height: lane.height, gridTemplateColumns }}
              >
                {lane.charts.map((chart) => (
                  <div
                    key={chart.id}
                    className="chart-place"
                    style={{ gridColumn: `span ${columnsTaken(chart, across)}` }}
                  >
                    <ChartCard chart={chart} section={lane.section} {...shared} />
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {full && <ChartDialog {...full} {...shared} onClose={() => change({ full: undefined })} />}
      {edited && (
        <ChartEditor
          edited={edited}
          data={data}
          metric_keys={metric_keys}
          arrangement={arrangement}
          onSave={(to) => change({ arrangement: to })}
          onClose={() => setEdited(undefined)}
        />
      )}
    </section>
  );
}

/** Whether there is one run, and it was resumed from a step. */
function isResumed([run, ...others]: readonly Run[]): boolean {
  return run !== undefined && others.length === 0 && earlierAttempts(run).length > 0;
}

function keyOf(lane: Lane | undefined): string {
  if (!lane) return "";
  if (lane.kind === "head") return `head ${lane.section.name}`;
  return `lane ${lane.charts[0]?.id}`;
}

interface SectionHeadProps {
  lane: Extract<Lane, { kind: "head" }>;
  transform: string;
  onFold: (name: string) => void;
}

function SectionHead({ lane, transform, onFold }: SectionHeadProps) {
  const { name, charts } = lane.section;
  return (
    <div className="chart-section" style={{ transform, height: lane.height }}>
      <button
        type="button"
        className="fact-heading"
        aria-expanded={!lane.isFolded}
        onClick={() => onFold(name)}
      >
        <Icon name="forward" size={12} />
        <span className="ellipsis">{name}</span>
        <span className="faint">{count(charts.length)}</span>
      </button>
    </div>
  );
}

/** The sections with the charts to show; scrolling draws the page often, and metrics may be thousands. */
function useSections(
  metric_keys: readonly string[],
  arrangement: Arrangement,
  find: string,
  without: ReadonlySet<string>,
): ChartSection[] {
  const { folded: _, ...places } = formatArrangement(arrangement);
  const text = JSON.stringify(places);
  return useMemo(() => {
    const parts = Object.entries(JSON.parse(text) as Record<string, string>);
    const wanted = find.toLowerCase();
    const isShown = (id: string, spec: ChartSpec) => {
      const [only] = metricsOf(spec);
      const isSingle = id === `metrics.${only}` && spec.columns.length === 1;
      if (isSingle && without.has(only ?? "")) return false;
      const texts = [titleOf(spec), ...spec.columns.map(columnLabel)];
      return texts.some((each) => each.toLowerCase().includes(wanted));
    };
    return arrange(metric_keys, parseArrangement(new URLSearchParams(parts)), isShown);
  }, [metric_keys, text, find, without]);
}

function reason(metrics: readonly string[], without: ReadonlySet<string>, find: string): string {
  if (metrics.length === 0) return "No metrics logged";
  if (find) return `No chart of a metric named “${find}”`;
  return without.size > 0 ? "Each metric was logged once" : "All charts are removed";
}

function metricKeys(runs: readonly Run[]): string[] {
  return [...new Set(runs.flatMap((run) => run.data?.metrics?.map(({ key }) => key) ?? []))];
}

/** The set of before as long as it has the same members: addresses are read anew at every change. */
function useSameSet(set: ReadonlySet<string>): ReadonlySet<string> {
  const members = [...set].join("\n");
  return useMemo(() => new Set(members ? members.split("\n") : []), [members]);
}

/** What decides which runs there are, as the same object as long as it is the same. */
function useSameSource(source: RunSource | undefined): RunSource | undefined {
  const { experiment_id, filter, stage, order } = source ?? {};
  const text = source && JSON.stringify({ experiment_id, filter, stage, order });
  return useMemo(() => (text === undefined ? undefined : (JSON.parse(text) as RunSource)), [text]);
}

/** How many cards stand side by side; 0 until the width is known, lest charts be made in vain. */
function useCardsAcross(element: { current: HTMLElement | null }): number {
  const [across, setAcross] = useState(0);
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return;
    const measure = () => {
      setAcross(Math.max(1, Math.floor(target.clientWidth / NARROWEST_CARD)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return across;
}

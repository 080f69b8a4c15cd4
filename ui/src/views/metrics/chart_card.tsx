/** A chart in its frame: its name, what it shows, its menu; it can be dragged to another place. */
import { type DragEvent, memo, useRef, useState } from "react";
import { type ChartSection, type PlacedChart, placeAfter } from "../../charts/arrangement";
import type { Takeaway } from "../../charts/takeaway";
import { addressWith } from "../../data/address";
import type { ChartActions } from "./chart_actions";
import { ChartBody } from "./chart_body";
import type { ChartData } from "./chart_data";
import { ChartMenu } from "./chart_menu";
import type { ChangeCharts, ChartState } from "./chart_state";
import { titleOf } from "./chart_title";

/** What is dragged, as the browser knows it: other pages' drags are none of ours. */
const DRAGGED = "application/x-millstream-chart";

interface ChartCardProps {
  chart: PlacedChart;
  section: ChartSection;
  data: ChartData;
  state: ChartState;
  onChange: ChangeCharts;
  actions: ChartActions;
}

/** Memoised, since the page is drawn again at each step of scrolling and each measurement. */
export const ChartCard = memo(function ChartCard(props: ChartCardProps) {
  const { chart, section, data, state, onChange, actions } = props;
  const takeaway = useRef<Takeaway>(null);
  const [note, setNote] = useState("");
  const [side, setSide] = useState<"before" | "after">();
  const title = titleOf(chart.spec);

  const over = (event: DragEvent<HTMLElement>) => {
    if (!event.dataTransfer.types.includes(DRAGGED)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    const box = event.currentTarget.getBoundingClientRect();
    setSide(event.clientX < box.left + box.width / 2 ? "before" : "after");
  };
  const drop = (event: DragEvent<HTMLElement>) => {
    setSide(undefined);
    const id = event.dataTransfer.getData(DRAGGED);
    if (!id || id === chart.id) return;
    event.preventDefault();
    const at = section.charts.findIndex((other) => other.id === chart.id);
    actions.move(id, side === "after" ? placeAfter(section, at) : chart.id);
  };
  return (
    <article
      className={`chart-card ${side ? `drop-${side}` : ""}`}
      aria-label={title}
      onDragOver={over}
      onDragLeave={() => setSide(undefined)}
      onDrop={drop}
    >
      <header>
        <h3 title={title}>
          <a
            href={addressWith({ full: chart.id })}
            draggable
            onDragStart={(event) => {
              event.dataTransfer.clearData();
              event.dataTransfer.setData(DRAGGED, chart.id);
              event.dataTransfer.effectAllowed = "move";
            }}
          >
            {title}
          </a>
        </h3>
        <small>{note}</small>
        <ChartMenu chart={chart} title={title} takeaway={takeaway} actions={actions} />
      </header>
      <div className="chart-body">
        <ChartBody
          spec={chart.spec}
          title={title}
          data={data}
          state={state}
          onChange={onChange}
          takeaway={takeaway}
          onNote={setNote}
        />
      </div>
    </article>
  );
});

/** One chart as large as the window. */
import { useRef } from "react";
import type { ChartSection, PlacedChart } from "../../charts/arrangement";
import type { Takeaway } from "../../charts/takeaway";
import { Button } from "../../widgets/button";
import { Dialog } from "../../widgets/dialog";
import { Menu } from "../../widgets/menu";
import type { ChartActions } from "./chart_actions";
import { ChartBody } from "./chart_body";
import type { ChartData } from "./chart_data";
import { takeawayEntries } from "./chart_menu";
import type { ChangeCharts, ChartState } from "./chart_state";
import { titleOf } from "./chart_title";

interface ChartDialogProps {
  chart: PlacedChart;
  section: ChartSection;
  data: ChartData;
  state: ChartState;
  onChange: ChangeCharts;
  actions: ChartActions;
  onClose: () => void;
}

/** Escape leaves it; its buttons go to the charts beside it. */
export function ChartDialog(props: ChartDialogProps) {
  const { chart, section, data, state, onChange, actions, onClose } = props;
  const takeaway = useRef<Takeaway>(null);
  const title = titleOf(chart.spec);
  const at = section.charts.findIndex((other) => other.id === chart.id);
  const beside = (direction: -1 | 1) => section.charts[at + direction];
  const go = (direction: -1 | 1) => {
    const next = beside(direction);
    if (next) actions.open(next.id);
  };
  return (
    <Dialog title={title} onClose={onClose} isWhole>
      <div className="whole-chart">
        <div className="row-of-buttons">
          <Button disabled={!beside(-1)} onClick={() => go(-1)}>
            Previous
          </Button>
          <Button disabled={!beside(1)} onClick={() => go(1)}>
            Next
          </Button>
          <Menu
            button={<Button icon="download">Take away</Button>}
            entries={takeawayEntries(title, takeaway)}
          />
        </div>
        <div className="chart-body">
          <ChartBody
            key={chart.id}
            spec={chart.spec}
            title={title}
            data={data}
            state={state}
            onChange={onChange}
            takeaway={takeaway}
            onNote={ignore}
          />
        </div>
      </div>
    </Dialog>
  );
}

/** The window has room for the chart, not for what stands beside titles. */
function ignore(): void {}

/** The controls above charts: which metrics, the x-axis, how lines are drawn, a new chart. */
import type { AxisKind } from "../../charts/axes";
import { Button, Choice, IconButton } from "../../widgets/button";
import { SearchField } from "../../widgets/fields";
import { ChartSettings } from "./chart_settings";
import type { ChangeCharts, ChartState } from "./chart_state";

const AXES: { value: AxisKind; label: string; hint: string }[] = [
  { value: "step", label: "Step", hint: "Steps on the x-axis" },
  { value: "relative", label: "Relative", hint: "Time since the run began on the x-axis" },
  { value: "wall", label: "Wall", hint: "Date and time on the x-axis" },
];

interface ChartControlsProps {
  state: ChartState;
  onChange: ChangeCharts;
  metric_keys: readonly string[];
  hasGroups: boolean;
  hasEarlier: boolean;
  onAdd: () => void;
}

export function ChartControls(props: ChartControlsProps) {
  const { state, onChange, metric_keys, hasGroups, hasEarlier, onAdd } = props;
  return (
    <div className="toolbar chart-controls">
      <SearchField
        label="Find metrics"
        value={state.find}
        onChange={(find) => onChange({ find })}
      />
      <Choice
        label="X-axis"
        value={state.axis}
        options={AXES}
        onChange={(axis) => onChange({ axis })}
      />
      <ChartSettings
        state={state}
        onChange={onChange}
        metric_keys={metric_keys}
        hasGroups={hasGroups}
        hasEarlier={hasEarlier}
      />
      {state.range && (
        <Button tone="quiet" icon="undo" onClick={() => onChange({ range: undefined })}>
          Whole range
        </Button>
      )}
      <IconButton icon="plus" label="Add a chart" onClick={onAdd} />
    </div>
  );
}

/** How all lines of a page are drawn: smoothing, logarithms, outliers, bands of groups. */
import { useId, useState } from "react";
import { AS_IT_COMES } from "../../charts/arrangement";
import { metricOfAxis, parseAxis } from "../../charts/axes";
import { type SmoothingKind, STRENGTHS } from "../../charts/smoothing";
import { Button, Choice } from "../../widgets/button";
import { later } from "../../widgets/later";
import { Popover } from "../../widgets/menu";
import { type ChangeCharts, type ChartState, formatChartState } from "./chart_state";

const Slider = later(async () => (await import("../../widgets/slider")).Slider, null);

const KINDS: { value: SmoothingKind; label: string; hint: string }[] = [
  {
    value: "exponential",
    label: "Exponential",
    hint: "Exponential moving average: the weight of what came before",
  },
  { value: "mean", label: "Mean", hint: "Running mean: the width of its window" },
  { value: "gaussian", label: "Gaussian", hint: "Gaussian: its standard deviation" },
];
const SPREADS: { value: ChartState["spread"]; label: string; hint: string }[] = [
  { value: "deviation", label: "± Deviation", hint: "Mean and one sample standard deviation" },
  { value: "extent", label: "Min–max", hint: "Mean, lowest and highest" },
  { value: "none", label: "All lines", hint: "Every run as a line of its own" },
];

interface ChartSettingsProps {
  state: ChartState;
  onChange: ChangeCharts;
  metric_keys: readonly string[];
  hasGroups: boolean;
  /** The run was resumed from a step. */
  hasEarlier: boolean;
}

/** A button, named after what differs from the usual, and the panel below it. */
export function ChartSettings(props: ChartSettingsProps) {
  const { state, onChange, metric_keys, hasGroups, hasEarlier } = props;
  const { smoothing, logarithmic } = state;
  const arrangement = formatChartState({ ...state, find: "" });
  const isArranged = [
    arrangement.charts,
    arrangement.removed,
    arrangement.sizes,
    arrangement.moved,
  ].some((text) => text !== undefined);
  return (
    <Popover
      button={
        <Button aria-pressed={isUnusual(state)} title="Smoothing, logarithms, outliers">
          Lines
        </Button>
      }
    >
      <div className="chart-settings">
        <AxisField state={state} onChange={onChange} metric_keys={metric_keys} />
        <fieldset>
          <legend>Smoothing</legend>
          <Choice
            label="Kind of smoothing"
            value={smoothing.kind}
            options={KINDS}
            onChange={(kind) => onChange({ smoothing: { kind, strength: usual(kind) } })}
          />
          <Strength state={state} onChange={onChange} />
        </fieldset>
        <fieldset>
          <legend>Logarithmic</legend>
          <div className="row-of-buttons">
            <Toggle
              label="x-axis"
              isOn={logarithmic.x}
              onChange={(x) => onChange({ logarithmic: { ...logarithmic, x } })}
            />
            <Toggle
              label="y-axis"
              isOn={logarithmic.y}
              onChange={(y) => onChange({ logarithmic: { ...logarithmic, y } })}
            />
          </div>
        </fieldset>
        <Toggle
          label="Ignore outliers: y from the 2nd to the 98th percentile"
          isOn={state.isWithoutOutliers}
          onChange={(isWithoutOutliers) => onChange({ isWithoutOutliers })}
        />
        {hasEarlier && (
          <Toggle
            label="Earlier attempts: what was left behind when the run was resumed"
            isOn={state.isWithEarlier}
            onChange={(isWithEarlier) => onChange({ isWithEarlier })}
          />
        )}
        {hasGroups && (
          <fieldset>
            <legend>Groups</legend>
            <Choice
              label="Groups"
              value={state.spread}
              options={SPREADS}
              onChange={(spread) => onChange({ spread })}
            />
          </fieldset>
        )}
        {isArranged && (
          <Button
            icon="undo"
            onClick={() =>
              onChange({ arrangement: { ...AS_IT_COMES, folded: state.arrangement.folded } })
            }
          >
            Charts as they come
          </Button>
        )}
      </div>
    </Popover>
  );
}

function isUnusual(state: ChartState): boolean {
  const { smoothing, logarithmic, isWithoutOutliers, isWithEarlier, axis } = state;
  const isElsewhere = metricOfAxis(axis) !== undefined;
  const isScaled = logarithmic.x || logarithmic.y;
  return smoothing.strength > 0 || isScaled || isWithoutOutliers || isWithEarlier || isElsewhere;
}

/** Where a kind starts, so that choosing it shows something. */
function usual(kind: SmoothingKind): number {
  return { exponential: 0.6, mean: 9, gaussian: 3 }[kind];
}

type AxisFieldProps = Pick<ChartSettingsProps, "state" | "onChange" | "metric_keys">;

function AxisField({ state, onChange, metric_keys }: AxisFieldProps) {
  const metric = metricOfAxis(state.axis);
  const known = [...new Set(metric === undefined ? metric_keys : [metric, ...metric_keys])].sort();
  return (
    <label>
      X-axis
      <select
        className="field"
        value={state.axis}
        title="Points of other metrics stand where this one had the same step, or between its neighbours"
        onChange={(event) => onChange({ axis: parseAxis(event.target.value) })}
      >
        <option value="step">Step</option>
        <option value="relative">Time since the run began</option>
        <option value="wall">Date and time</option>
        <optgroup label="Metric">
          {known.map((key) => (
            <option key={key} value={`metrics.${key}`}>
              {key}
            </option>
          ))}
        </optgroup>
      </select>
    </label>
  );
}

function Strength({ state, onChange }: Pick<ChartSettingsProps, "state" | "onChange">) {
  const { kind, strength } = state.smoothing;
  const [dragged, setDragged] = useState<number>();
  const shown = dragged ?? strength;
  const { most, step } = STRENGTHS[kind];
  return (
    <div className="smoothing">
      <Slider
        label="Smoothing"
        most={most}
        step={step}
        value={shown}
        onChange={setDragged}
        onCommit={(to) => {
          setDragged(undefined);
          onChange({ smoothing: { kind, strength: to } });
        }}
      />
      <output>{kind === "exponential" ? shown.toFixed(2) : shown}</output>
    </div>
  );
}

interface ToggleProps {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

function Toggle({ label, isOn, onChange }: ToggleProps) {
  const id = useId();
  return (
    <div className="toggle">
      <input
        id={id}
        type="checkbox"
        checked={isOn}
        onChange={(event) => onChange(event.target.checked)}
      />
      <label htmlFor={id}>{label}</label>
    </div>
  );
}

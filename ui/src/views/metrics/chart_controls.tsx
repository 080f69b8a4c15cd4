/** The controls above charts: which metrics, the axes, the smoothing. */
import * as Slider from "@radix-ui/react-slider";
import { useState } from "react";
import type { AxisKind } from "../../charts/axes";
import { Button, Choice } from "../../widgets/button";
import { SearchField } from "../../widgets/fields";
import type { ChartState } from "./chart_state";

const AXES: { value: AxisKind; label: string; hint: string }[] = [
  { value: "step", label: "Step", hint: "Steps on the x-axis" },
  { value: "relative", label: "Relative", hint: "Time since the run began on the x-axis" },
  { value: "wall", label: "Wall", hint: "Date and time on the x-axis" },
];

interface ChartControlsProps {
  state: ChartState;
  onChange: (changes: Partial<ChartState>) => void;
}

export function ChartControls({ state, onChange }: ChartControlsProps) {
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
      <button
        type="button"
        className="button plain"
        aria-pressed={state.isLogarithmic}
        title="Logarithmic y-axis"
        onClick={() => onChange({ isLogarithmic: !state.isLogarithmic })}
      >
        Log
      </button>
      <Smoothing value={state.smoothing} onChange={(smoothing) => onChange({ smoothing })} />
      {state.range && (
        <Button tone="quiet" icon="undo" onClick={() => onChange({ range: undefined })}>
          Whole range
        </Button>
      )}
    </div>
  );
}

function Smoothing({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const [dragged, setDragged] = useState<number>();
  const shown = dragged ?? value;
  return (
    <div className="smoothing" title="Exponential moving average">
      <span>Smooth</span>
      <Slider.Root
        className="slider"
        min={0}
        max={0.99}
        step={0.01}
        value={[shown]}
        onValueChange={([to]) => setDragged(to)}
        onValueCommit={([to]) => {
          setDragged(undefined);
          onChange(to ?? 0);
        }}
      >
        <Slider.Track className="slider-track">
          <Slider.Range className="slider-range" />
        </Slider.Track>
        <Slider.Thumb className="slider-thumb" aria-label="Smoothing" />
      </Slider.Root>
      <output>{shown.toFixed(2)}</output>
    </div>
  );
}

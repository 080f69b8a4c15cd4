/** A slider over numbers at equal distances. */
import * as Radix from "@radix-ui/react-slider";

interface SliderProps {
  label: string;
  /** What is said of the value instead of the number. */
  text?: string;
  /** From 0 on. */
  most: number;
  step: number;
  value: number;
  /** Called while it is dragged. */
  onChange: (value: number) => void;
  /** Called with the value at which it was let go. */
  onCommit?: (value: number) => void;
}

export function Slider({ label, text, most, step, value, onChange, onCommit }: SliderProps) {
  return (
    <Radix.Root
      className="slider"
      min={0}
      max={most}
      step={step}
      value={[value]}
      onValueChange={([to = value]) => onChange(to)}
      onValueCommit={([to = 0]) => onCommit?.(to)}
    >
      <Radix.Track className="slider-track">
        <Radix.Range className="slider-range" />
      </Radix.Track>
      <Radix.Thumb className="slider-thumb" aria-label={label} aria-valuetext={text} />
    </Radix.Root>
  );
}

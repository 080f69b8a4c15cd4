/** Picks the moment at which a model is looked at. */
import { Button } from "../../widgets/button";

/** The moment in an address, in ms since 1970; undefined for now. */
export function momentOf(text: string | null): number | undefined {
  const time = text ? new Date(text).getTime() : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** A moment as a field of the reader's zone takes it, to the minute. */
export function localMoment(time: number): string {
  const zone = new Date(time).getTimezoneOffset() * 60_000;
  return new Date(time - zone).toISOString().slice(0, 16);
}

interface AsOfProps {
  at: number | undefined;
  /** Called with what the address keeps: a moment in UTC, or nothing for now. */
  onChange: (text: string) => void;
}

export function AsOf({ at, onChange }: AsOfProps) {
  const pick = (local: string) => {
    const time = new Date(local);
    onChange(Number.isNaN(time.getTime()) ? "" : time.toISOString().slice(0, 16).concat("Z"));
  };
  if (at === undefined) {
    return (
      <Button tone="quiet" icon="clock" onClick={() => pick(localMoment(Date.now()))}>
        As it was on…
      </Button>
    );
  }
  return (
    <span className="as-of">
      <input
        type="datetime-local"
        className="field"
        aria-label="As it was on"
        value={localMoment(at)}
        onChange={(event) => pick(event.target.value)}
      />
      <Button tone="quiet" onClick={() => onChange("")}>
        Now
      </Button>
    </span>
  );
}

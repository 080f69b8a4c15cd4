/** Bars for metrics that were logged once: a line would be a dot. */
import { exactNumber, shortNumber } from "../data/numbers";
import type { ChartLine } from "./series_plan";

/** Whether each line is a single point, so that bars say more. */
export function areSinglePoints(lines: readonly ChartLine[]): boolean {
  return lines.length > 0 && lines.every((line) => line.y.length === 1);
}

/** One bar a line, from zero; what is no finite number has none. */
export function Bars({ lines }: { lines: readonly ChartLine[] }) {
  const values = lines.map((line) => line.y[0] ?? Number.NaN);
  const finite = values.filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const high = Math.max(0, ...finite);
  const span = high - low || 1;
  const share = (length: number) => `${(length / span) * 100}%`;
  return (
    <ul className="bars">
      {lines.map((line, at) => {
        const value = values[at] ?? Number.NaN;
        const isDrawn = Number.isFinite(value);
        return (
          <li key={line.id} title={`${line.label}: ${exactNumber(value)}`}>
            <span className="bar-label">{line.label}</span>
            <span className="bar-track">
              {isDrawn && (
                <i
                  style={{
                    background: line.colour,
                    left: share(Math.min(value, 0) - low),
                    width: share(Math.abs(value)),
                  }}
                />
              )}
            </span>
            <b className={isDrawn ? undefined : "odd-number"}>{shortNumber(value)}</b>
          </li>
        );
      })}
    </ul>
  );
}

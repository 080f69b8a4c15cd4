/** Single values as they stand in tables and heads: times, numbers, the state of a run. */
import { useSyncExternalStore } from "react";
import { exactNumber, shortNumber } from "../data/numbers";
import { duration, exactTime, relativeTime } from "../data/times";

const TICK = 30_000;
let now = Date.now();
const listeners = new Set<() => void>();
setInterval(() => {
  now = Date.now();
  for (const listener of listeners) listener();
}, TICK);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The time, moving on every half minute. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** A time relative to now; the exact one on hover. */
export function Time({ at }: { at: number | null | undefined }) {
  const current = useNow();
  if (at == null) return <span className="absent">–</span>;
  return <time title={exactTime(at)}>{relativeTime(at, Math.max(current, Date.now()))}</time>;
}

interface Timed {
  info: {
    status: string;
    start_time?: number | null | undefined;
    end_time?: number | null | undefined;
  };
}

/** How long a run took, or has taken so far. */
export function Duration({ run }: { run: Timed }) {
  const current = useNow();
  const { start_time, end_time, status } = run.info;
  if (!start_time) return <span className="absent">–</span>;
  if (end_time)
    return <span title={`${end_time - start_time} ms`}>{duration(end_time - start_time)}</span>;
  if (status !== "RUNNING") return <span className="absent">–</span>;
  return <span title="so far">{duration(Math.max(current, Date.now()) - start_time)}</span>;
}

/** A number in few digits; the exact one on hover. */
export function Numeral({ value }: { value: number }) {
  const short = shortNumber(value);
  return (
    <span className={Number.isFinite(value) ? undefined : "odd-number"} title={exactNumber(value)}>
      {short}
    </span>
  );
}

const STATES: Record<string, { word: string; tone: string; drawing: string }> = {
  RUNNING: { word: "Running", tone: "running", drawing: "M7 1.5a5.5 5.5 0 0 1 5.5 5.5" },
  SCHEDULED: { word: "Scheduled", tone: "quiet", drawing: "M7 4v3l2 1.5" },
  FINISHED: { word: "Finished", tone: "good", drawing: "m4.5 7.2 1.8 1.8L9.7 5.3" },
  FAILED: { word: "Failed", tone: "bad", drawing: "m5 5 4 4m0-4-4 4" },
  KILLED: { word: "Killed", tone: "warning", drawing: "M4.5 7h5" },
};

interface Stated {
  info: { status: string; lifecycle_stage?: string | undefined };
}

interface RunStateProps {
  run: Stated;
  withWord?: boolean;
  /** Why it ended so, told on hover. */
  reason?: string | undefined;
}

/** The state of a run: colour, shape and (if wanted) word say the same. */
export function RunState({ run, withWord = false, reason }: RunStateProps) {
  const { status, lifecycle_stage } = run.info;
  const state = STATES[status] ?? { word: status, tone: "quiet", drawing: "" };
  const word = lifecycle_stage === "deleted" ? `${state.word}, deleted` : state.word;
  return (
    <span className={`run-state ${state.tone}`} title={reason ? `${word} – ${reason}` : word}>
      <svg
        width="14"
        height="14"
        viewBox="0 0 14 14"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
        role="img"
        aria-label={word}
      >
        <circle cx="7" cy="7" r="5.5" opacity={status === "RUNNING" ? 0.3 : 1} />
        <path d={state.drawing} className={status === "RUNNING" ? "turning" : undefined} />
      </svg>
      {withWord && <span>{word}</span>}
    </span>
  );
}

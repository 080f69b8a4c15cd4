/** What the parts of a sweep's page share: what they are given, and words. */
import type { Run } from "../../api/types.gen";
import { count } from "../../data/numbers";
import { isLive } from "../../data/runs";
import { pythonText } from "../../data/snippets";
import type { SweepPlan } from "../../data/sweeps";
import { type importancesIn, type Trial, valued } from "../../data/trials";

export interface SweepProps {
  /** The parent run. */
  run: Run;
  plan: SweepPlan;
  trials: readonly Trial[];
  importances: ReturnType<typeof importancesIn>;
}

/** Fewer runs tell nothing about what matters. */
const FEWEST = 4;

/** What a trial is called beside its charts. */
export function trialLabel({ number, info }: Trial): string {
  return `Trial ${count(number)} · ${info.run_name || info.run_id.slice(0, 8)}`;
}

/** Why there is no importance of params. */
export function importanceText(run: Run, trials: readonly Trial[]): string {
  if (isLive(run)) return "Told once the sweep has ended";
  if (valued(trials).length < FEWEST) return `Told of ${FEWEST} finished trials and more`;
  return run.info.status === "KILLED"
    ? "The sweep was ended before it was summed up"
    : "No param explains how the values differ";
}

/** How Python reads the importances. */
export function importanceSnippet(server: string, run_id: string): string {
  return [
    "import millstream",
    "",
    `millstream.set_tracking_uri(${pythonText(server)})`,
    `metrics = millstream.get_run(${pythonText(run_id)}).data.metrics`,
    'print({key: share for key, share in metrics.items() if key.startswith("importance/")})',
  ].join("\n");
}

/** How far a sweep is, the best of what it found, and how it goes on if it was ended. */
import { serverAddress } from "../../api/client";
import { places } from "../../data/address";
import { rowOf } from "../../data/columns";
import { count } from "../../data/numbers";
import { isLive } from "../../data/runs";
import { resumeCommand } from "../../data/snippets";
import { bestOf, type Counts, countsOf, type Progress, progressOf } from "../../data/trials";
import { CodeBlock } from "../../widgets/copy";
import { HeadFact } from "../../widgets/head_fact";
import { Numeral } from "../../widgets/values";
import type { SweepProps } from "./sweep_facts";

/** In the order of the bar; those that are none are told only where `isAlways`. */
const STATES: { state: keyof Progress; word: string; tone: string; isAlways: boolean }[] = [
  { state: "finished", word: "finished", tone: "good", isAlways: true },
  { state: "failed", word: "failed", tone: "bad", isAlways: true },
  { state: "killed", word: "killed", tone: "warning", isAlways: false },
  { state: "running", word: "running", tone: "running", isAlways: true },
  { state: "planned", word: "planned", tone: "planned", isAlways: true },
];

/** The backend of this machine, which needs no options. */
const LOCAL = "local";

const WAYS: Record<string, string> = { grid: "all combinations", random: "at random" };

interface SweepProgressProps extends Omit<SweepProps, "importances"> {
  /** Of all runs, where not all are among the trials. */
  counts: Counts | undefined;
}

export function SweepProgress({ run, plan, trials, counts }: SweepProgressProps) {
  const progress = progressOf(counts ?? countsOf(trials), plan.size);
  const isOpen = !isLive(run) && progress.finished < plan.size;
  return (
    <section className="sweep-progress" aria-label="Progress">
      <ProgressBar progress={progress} size={plan.size} />
      <dl className="head-facts">
        {plan.metric !== undefined && <Best run={run} plan={plan} trials={trials} />}
        <HeadFact name="Points">{WAYS[plan.strategy] ?? `by ${plan.strategy}`}</HeadFact>
        <HeadFact name="Varied">
          <span className="ellipsis" title={plan.params.join(", ")}>
            {plan.params.join(", ")}
          </span>
        </HeadFact>
      </dl>
      {plan.metric === undefined && (
        <p className="faint">
          This sweep names no metric, so there is no best run: a sweep with <code>--metric</code>{" "}
          tells it, and which params matter.
        </p>
      )}
      {isOpen && <Resume run={run} />}
    </section>
  );
}

function Resume({ run }: Pick<SweepProps, "run">) {
  const backend = rowOf(run).tags.get("mlflow.project.backend") ?? LOCAL;
  const code = resumeCommand(serverAddress(), run.info.run_id, backend);
  return (
    <div className="sweep-resume">
      <p className="faint">
        Go on with it, where the project is
        {backend !== LOCAL && `, and with the options of ${backend} as before`}; what has finished
        is not run again:
      </p>
      <CodeBlock code={code} label="Copy command" />
    </div>
  );
}

function ProgressBar({ progress, size }: { progress: Progress; size: number }) {
  const whole = Math.max(
    1,
    STATES.reduce((sum, { state }) => sum + progress[state], 0),
  );
  const told = STATES.filter(({ state, isAlways }) => isAlways || progress[state] > 0);
  const words = told.map(({ state, word }) => `${count(progress[state])} ${word}`);
  return (
    <>
      <div
        className="sweep-bar"
        role="progressbar"
        aria-label="Finished points"
        aria-valuemin={0}
        aria-valuemax={size}
        aria-valuenow={Math.min(size, progress.finished)}
        aria-valuetext={`of ${count(size)}: ${words.join(", ")}`}
      >
        {told
          .filter(({ state }) => progress[state] > 0)
          .map(({ state, tone }) => (
            <i
              key={state}
              className={tone}
              style={{ width: `${(progress[state] / whole) * 100}%` }}
            />
          ))}
      </div>
      <p className="sweep-counts">
        {told.map(({ state, word, tone }) => (
          <span key={state}>
            <i className={tone} />
            <b>{count(progress[state])}</b> {word}
          </span>
        ))}
        <span className="faint">of {count(size)}</span>
      </p>
    </>
  );
}

function Best({ run, plan, trials }: Omit<SweepProps, "importances">) {
  const best = bestOf(trials, plan.goal);
  const goal = plan.goal === "maximize" ? "Highest" : "Lowest";
  if (!best) return <HeadFact name={`${goal} ${plan.metric}`}>none yet</HeadFact>;
  const { run_id, run_name } = best.info;
  const point = plan.params.map((key, at) => `${key}=${best.point[at] ?? "?"}`).join(" ");
  return (
    <HeadFact name={`${goal} ${plan.metric}`}>
      <b className="sweep-best">
        <Numeral value={best.value} />
      </b>
      <a
        className="link ellipsis"
        href={places.run(run.info.experiment_id, run_id)}
        title={`${run_name}\n${point}`}
      >
        Trial {count(best.number)}
      </a>
    </HeadFact>
  );
}

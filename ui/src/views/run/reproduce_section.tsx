/** How a run is reproduced, whether it was, and on the child that repeats it, what differed. */
import type { ReactNode } from "react";
import { serverAddress } from "../../api/client";
import type { Run } from "../../api/types.gen";
import { places } from "../../data/address";
import { exactNumber, shortNumber } from "../../data/numbers";
import {
  type Finding,
  findingsOf,
  obstacleOf,
  originalOf,
  outcomeOf,
  type Stamp,
  stampOf,
} from "../../data/reproduction";
import { useRun } from "../../data/runs";
import { reproduceCommand } from "../../data/snippets";
import { CodeBlock } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { Section } from "../../widgets/section";
import { Time } from "../../widgets/values";

const LONGEST_SHOWN = 300;
const LONGEST_HINT = 2_000;

export function ReproduceSection({ run }: { run: Run }) {
  const original = originalOf(run);
  const stamp = stampOf(run);
  const obstacle = obstacleOf(run);
  return (
    <>
      {original && <Reproduction run={run} original_id={original} />}
      <Section title="Reproduce" note={stamp ? "reproduced" : undefined}>
        <div className="section-body reproduce">
          {stamp && <Stamped run={run} stamp={stamp} />}
          {obstacle ? (
            <p className="faint">{obstacle}</p>
          ) : (
            <CodeBlock
              code={reproduceCommand(serverAddress(), run.info.run_id)}
              label="Copy command"
            />
          )}
        </div>
      </Section>
    </>
  );
}

function Stamped({ run, stamp }: { run: Run; stamp: Stamp }) {
  return (
    <p className="stamp good-text">
      <Icon name="check" size={14} />
      <span>
        Reproduced {stamp.at !== undefined && <Time at={stamp.at} />} by{" "}
        <RunLink experiment_id={run.info.experiment_id} run_id={stamp.run_id} />
        <Within tolerance={stamp.tolerance} />
      </span>
    </p>
  );
}

function Within({ tolerance }: { tolerance: number | undefined }) {
  if (tolerance === undefined) return null;
  const title = exactNumber(tolerance);
  return (
    <span className="faint" title={title}>
      {" "}
      · metrics at most {shortNumber(tolerance)} apart, relative to their size
    </span>
  );
}

function RunLink({ experiment_id, run_id }: { experiment_id: string; run_id: string }) {
  const { data } = useRun(run_id);
  return (
    <a className="link" href={places.run(data?.info.experiment_id ?? experiment_id, run_id)}>
      {data?.info.run_name || run_id.slice(0, 8)}
    </a>
  );
}

/** What became of a run that repeats another one. */
function Reproduction({ run, original_id }: { run: Run; original_id: string }) {
  const { data: original, isPending } = useRun(original_id);
  const stamp = original && stampOf(original);
  const outcome = outcomeOf(run);
  const findings = findingsOf(run) ?? [];
  const link = <RunLink experiment_id={run.info.experiment_id} run_id={original_id} />;
  if (isPending && outcome === "lost") return null;
  const told: Record<typeof outcome, ReactNode> = {
    "under way": <p>Reproduces {link}: it is not over yet.</p>,
    same: (
      <p className="stamp good-text">
        <Icon name="check" size={14} />
        <span>
          Reproduces {link}: it came out the same
          <Within tolerance={stamp?.run_id === run.info.run_id ? stamp.tolerance : undefined} />
        </span>
      </p>
    ),
    different: (
      <p>
        Reproduces {link}, and did not come out the same
        {findings.length > 0
          ? ". What differs, the likeliest cause first:"
          : ": it did not finish."}
      </p>
    ),
    lost: <p>Reproduces {link}. How the two compare is not recorded with this run.</p>,
  };
  return (
    <Section title="Reproduction">
      <div className="section-body">{told[outcome]}</div>
      {outcome === "different" && findings.length > 0 && <Findings findings={findings} />}
    </Section>
  );
}

function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <div className="section-table">
      <table aria-label="What differs">
        <thead>
          <tr>
            <th>Cause</th>
            <th>Name</th>
            <th>Expected</th>
            <th>Got</th>
          </tr>
        </thead>
        <tbody>
          {findings.map(({ cause, name, expected, got }) => (
            <tr key={`${cause} ${name}`}>
              <td>{cause}</td>
              <td title={name.slice(0, LONGEST_HINT)}>{name.slice(0, LONGEST_SHOWN)}</td>
              <Side value={expected} />
              <Side value={got} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Exact, since two that differ may look alike in few digits. */
function Side({ value }: { value: string | number | null }) {
  if (value === null) {
    return (
      <td>
        <span className="absent" title="not there">
          –
        </span>
      </td>
    );
  }
  const text = typeof value === "number" ? exactNumber(value) : value;
  return <td title={text.slice(0, LONGEST_HINT)}>{text.slice(0, LONGEST_SHOWN)}</td>;
}

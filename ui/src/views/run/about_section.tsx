/** What a run is and where it came from: all that was captured without being asked for. */
import { type ReactNode, useState } from "react";
import type { Run } from "../../api/types.gen";
import { places } from "../../data/address";
import { commitAddress, repositoryAddress } from "../../data/code_address";
import { END_REASON, END_TRACEBACK, rowOf } from "../../data/columns";
import { useExperiment } from "../../data/experiments";
import { useRun } from "../../data/runs";
import { exactTime } from "../../data/times";
import { Button } from "../../widgets/button";
import { CodeBlock, CopyButton } from "../../widgets/copy";
import { Section } from "../../widgets/section";
import { Duration, RunState, Time } from "../../widgets/values";

const SOURCE_TYPES: Record<string, string> = {
  LOCAL: "script",
  NOTEBOOK: "notebook",
  JOB: "job",
  PROJECT: "project",
};

/** Tags of other clients that say how a run was started, with the words for them. */
const OTHERS: [tag: string, name: string][] = [
  ["mlflow.project.entryPoint", "Entry point"],
  ["mlflow.project.env", "Environment"],
  ["mlflow.project.backend", "Backend"],
  ["mlflow.docker.image.uri", "Image"],
  ["mlflow.docker.image.id", "Image ID"],
  ["mlflow.autologging", "Logged by"],
];

export function AboutSection({ run }: { run: Run }) {
  const { run_id, experiment_id, start_time, end_time, user_id, artifact_uri } = run.info;
  const { tags } = rowOf(run);
  const parent = tags.get("mlflow.parentRunId");
  const origin = tags.get("millstream.forkedFrom");
  const reason = tags.get(END_REASON);
  const traceback = tags.get(END_TRACEBACK);
  const user = user_id || tags.get("mlflow.user");
  return (
    <Section title="About">
      <dl className="about">
        <About name="Status">
          <RunState run={run} withWord reason={reason} />
        </About>
        {reason && (
          <About name="Reason" copied={reason}>
            <span title={reason}>{reason}</span>
          </About>
        )}
        {start_time != null && (
          <About name="Started">
            {exactTime(start_time)} · <Time at={start_time} />
          </About>
        )}
        {end_time ? <About name="Ended">{exactTime(end_time)}</About> : null}
        <About name="Duration">
          <Duration run={run} />
        </About>
        {user && <About name="User">{user}</About>}
        <Code tags={tags} />
        {OTHERS.map(([tag, name]) => {
          const value = tags.get(tag);
          return value ? (
            <About key={tag} name={name} copied={value}>
              {value}
            </About>
          ) : null;
        })}
        <Experiment experiment_id={experiment_id} />
        {parent && <Related name="Parent" experiment_id={experiment_id} run_id={parent} />}
        {origin && (
          <Related
            name="Forked from"
            experiment_id={experiment_id}
            run_id={origin}
            step={tags.get("millstream.forkedFromStep")}
          />
        )}
        <About name="Run ID" copied={run_id}>
          <span className="code">{run_id}</span>
        </About>
        {artifact_uri && (
          <About name="Artifacts" copied={artifact_uri}>
            <span className="code">{artifact_uri}</span>
          </About>
        )}
      </dl>
      {traceback && <Traceback text={traceback} />}
    </Section>
  );
}

function Traceback({ text }: { text: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="traceback">
      <Button icon="code" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        Traceback
      </Button>
      {isOpen && <CodeBlock code={text} label="Copy traceback" />}
    </div>
  );
}

interface AboutProps {
  name: string;
  /** What a button beside it copies. */
  copied?: string;
  children: ReactNode;
}

function About({ name, copied, children }: AboutProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
      {copied && (
        <dd className="about-copy">
          <CopyButton text={copied} label={`Copy ${name.toLowerCase()}`} />
        </dd>
      )}
    </div>
  );
}

function Code({ tags }: { tags: ReadonlyMap<string, string> }) {
  const source = tags.get("mlflow.source.name");
  const type = tags.get("mlflow.source.type") ?? "";
  const remote = tags.get("mlflow.source.git.repoURL");
  const branch = tags.get("mlflow.source.git.branch");
  const commit = tags.get("mlflow.source.git.commit");
  return (
    <>
      {source && (
        <About name="Source" copied={source}>
          {source}
          {SOURCE_TYPES[type] && <span className="faint"> · {SOURCE_TYPES[type]}</span>}
        </About>
      )}
      {remote && (
        <About name="Repository" copied={remote}>
          <OutsideLink address={repositoryAddress(remote)}>{remote}</OutsideLink>
        </About>
      )}
      {branch && <About name="Branch">{branch}</About>}
      {commit && (
        <About name="Commit" copied={commit}>
          <OutsideLink address={commitAddress(remote ?? "", commit)}>
            <span className="code">{commit.slice(0, 12)}</span>
          </OutsideLink>
        </About>
      )}
    </>
  );
}

function OutsideLink({ address, children }: { address: string | undefined; children: ReactNode }) {
  if (address === undefined) return children;
  return (
    <a className="link" href={address} title={address} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

function Experiment({ experiment_id }: { experiment_id: string }) {
  const { data } = useExperiment(experiment_id);
  return (
    <About name="Experiment">
      <a className="link" href={places.runs(experiment_id)}>
        {data?.name ?? experiment_id}
      </a>
    </About>
  );
}

interface RelatedProps {
  name: string;
  experiment_id: string;
  run_id: string;
  /** The step of the other run that this one begins after. */
  step?: string | undefined;
}

/** Another run that this one is of. */
function Related({ name, experiment_id, run_id, step }: RelatedProps) {
  const { data } = useRun(run_id);
  return (
    <About name={name}>
      <a className="link" href={places.run(data?.info.experiment_id ?? experiment_id, run_id)}>
        {data?.info.run_name || run_id.slice(0, 8)}
      </a>
      {step && <span className="faint"> · step {step}</span>}
    </About>
  );
}

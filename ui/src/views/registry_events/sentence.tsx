/** An event of the registry's history as a sentence, its nouns drawn as what they are. */
import type { RegistryEvent } from "../../api/types.gen";
import { places } from "../../data/address";
import { type Part, sentenceOf } from "../../data/registry_events";
import { useRun } from "../../data/runs";
import { AliasMark, StageMark, VersionLink } from "../../widgets/registry";

/** Without who did it and when. */
export function Sentence({ event }: { event: RegistryEvent }) {
  return (
    <span className="sentence">
      {sentenceOf(event).map((part, at) => (
        <Piece key={at} part={part} name={event.name} />
      ))}
    </span>
  );
}

const LONGEST = 300;

function Piece({ part, name }: { part: Part; name: string }) {
  if (typeof part === "string") return part;
  if ("version" in part) return <VersionLink name={name} version={part.version} inSentence />;
  if ("stage" in part) return <StageMark stage={part.stage} />;
  if ("alias" in part) return <AliasMark alias={part.alias} />;
  if ("run_id" in part) return <RunLink run_id={part.run_id} />;
  const { text } = part;
  return (
    <b title={text.length > LONGEST ? text.slice(0, 2_000) : undefined}>
      {text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text || "nothing"}
    </b>
  );
}

/** The way to a run by its name; a run that is gone keeps its id. */
export function RunLink({ run_id }: { run_id: string }) {
  const { data: run } = useRun(run_id);
  if (!run) {
    return (
      <span className="code" title={run_id}>
        {run_id.slice(0, 8)}
      </span>
    );
  }
  return (
    <a className="version-link" href={places.run(run.info.experiment_id, run_id)} title={run_id}>
      {run.info.run_name || run_id.slice(0, 8)}
    </a>
  );
}

/** What a request asks for, in words. */
import type { TransitionRequest } from "../../api/types.gen";
import { AliasMark, StageMark, VersionLink } from "../../widgets/registry";

/** The end of a sentence that begins with who asks. */
export function Wanted({ request }: { request: TransitionRequest }) {
  const { name, version, stage, from_stage, alias, from_version, archive_existing_versions } =
    request;
  const target = version && <VersionLink name={name} version={version} inSentence />;
  if (alias) {
    return (
      <span className="sentence">
        {target ? "point " : "remove the alias "}
        <AliasMark alias={alias} />
        {from_version && (
          <>
            {" "}
            from <VersionLink name={name} version={from_version} inSentence />
          </>
        )}
        {target && <> to {target}</>}
      </span>
    );
  }
  return (
    <span className="sentence">
      move {target} from <StageMark stage={from_stage ?? "None"} /> to{" "}
      <StageMark stage={stage ?? "None"} />
      {archive_existing_versions && " and archive what is there"}
    </span>
  );
}

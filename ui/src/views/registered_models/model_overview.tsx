/** The left of a model's page: what it is, what is in use now or was at a moment, its aliases. */
import { useState } from "react";
import type { RegisteredModel } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { useMay } from "../../data/permissions";
import { useRegisteredModelChanges } from "../../data/registered_models";
import { useRegistryState } from "../../data/registry_events";
import { IconButton } from "../../widgets/button";
import { MarkdownSection } from "../../widgets/markdown_section";
import { Failure, Loading } from "../../widgets/panels";
import { Section } from "../../widgets/section";
import { TagList } from "../../widgets/tags";
import { GateSection } from "../gates/gate_section";
import { PendingRequests } from "../transition_requests/pending_requests";
import { AliasDialog } from "./alias_dialogs";
import { AliasRows } from "./alias_rows";
import { AsOf, momentOf } from "./as_of";
import { StageRows } from "./stage_rows";

export function ModelOverview({ model }: { model: RegisteredModel }) {
  const { query } = useAddress();
  const at = momentOf(query.get("at"));
  const changes = useRegisteredModelChanges();
  const { name, tags = [], description = "" } = model;
  const mayEdit = useMay({ resource_type: "registered_model", resource_id: name }, "EDIT");
  return (
    <section className="overview" aria-label="Overview">
      <div className="overview-scroll">
        <MarkdownSection
          title="Description"
          text={description}
          invitation="Say what this model predicts, from what, and for whom"
          write={mayEdit ? (text) => changes.describe(name, text) : undefined}
        />
        <PendingRequests name={name} />
        <Standing name={name} at={at} mayEdit={mayEdit} />
        <GateSection name={name} />
        <Section title="Tags" note={tags.length || undefined}>
          <TagList tags={tags} changes={mayEdit ? tagChanges(changes, name) : undefined} />
        </Section>
      </div>
    </section>
  );
}

function tagChanges(changes: ReturnType<typeof useRegisteredModelChanges>, name: string) {
  return {
    setTag: (key: string, value: string) => changes.setTag(name, key, value),
    deleteTag: (key: string) => changes.deleteTag(name, key),
  };
}

interface StandingProps {
  name: string;
  at: number | undefined;
  mayEdit: boolean;
}

/** Stages and aliases, now or at a moment. */
function Standing({ name, at, mayEdit }: StandingProps) {
  const state = useRegistryState(name, at);
  const [isAsking, setAsking] = useState(false);
  const versions = state.data?.versions ?? [];
  const isPast = at !== undefined;
  const canChange = mayEdit && !isPast;
  const picker = <AsOf at={at} onChange={(to) => changeQuery({ at: to })} />;
  const body = (
    what: (key: "stages" | "aliases") => React.ReactNode,
    key: "stages" | "aliases",
  ) => {
    if (state.isPending) return <Loading rows={2} />;
    if (state.isError && !state.data) {
      return (
        <Failure
          what="The stages could not be loaded"
          error={state.error}
          retry={() => void state.refetch()}
        />
      );
    }
    return what(key);
  };
  const draw = (key: "stages" | "aliases") =>
    key === "stages" ? (
      <StageRows name={name} versions={versions} canChange={canChange} />
    ) : (
      <AliasRows name={name} versions={versions} isPast={isPast} canChange={canChange} />
    );
  return (
    <>
      <Section title={isPast ? "In use then" : "In use now"} action={picker}>
        {body(draw, "stages")}
      </Section>
      <Section
        title={isPast ? "Aliases then" : "Aliases"}
        action={
          canChange &&
          versions.length > 0 && (
            <IconButton icon="plus" label="Set an alias" onClick={() => setAsking(true)} />
          )
        }
      >
        {body(draw, "aliases")}
      </Section>
      {isAsking && <AliasDialog name={name} versions={versions} onClose={() => setAsking(false)} />}
    </>
  );
}

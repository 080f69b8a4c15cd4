/** The left of a version's page: what it is, what it was made of, and what was measured. */
import type { ModelVersion } from "../../api/types.gen";
import { useLineage, useModelVersionChanges } from "../../data/model_versions";
import { exactNumber } from "../../data/numbers";
import { byName } from "../../data/order";
import { useMay } from "../../data/permissions";
import { useRegisteredModelChanges } from "../../data/registered_models";
import { metricsOf, paramsOf } from "../../data/version_origins";
import { IconButton } from "../../widgets/button";
import { CopyButton } from "../../widgets/copy";
import { MarkdownSection } from "../../widgets/markdown_section";
import { attempt, say } from "../../widgets/notices";
import { Failure, Loading } from "../../widgets/panels";
import { AliasMark } from "../../widgets/registry";
import { Section } from "../../widgets/section";
import { TagList } from "../../widgets/tags";
import { Numeral } from "../../widgets/values";
import { DeploymentsSection } from "../deployments/deployments_section";
import { PendingRequests } from "../transition_requests/pending_requests";
import { LineageStrip } from "./lineage_strip";

export function VersionOverview({ version }: { version: ModelVersion }) {
  const changes = useModelVersionChanges();
  const { name, version: number, description = "", tags = [] } = version;
  const mayEdit = useMay({ resource_type: "registered_model", resource_id: name }, "EDIT");
  const tagChanges = {
    setTag: (key: string, value: string) => changes.setTag(name, number, key, value),
    deleteTag: (key: string) => changes.deleteTag(name, number, key),
  };
  return (
    <section className="overview" aria-label="Overview">
      <div className="overview-scroll">
        <PendingRequests name={name} version={number} />
        <MarkdownSection
          title="Description"
          text={description}
          invitation="Say what is new in this version"
          write={mayEdit ? (text) => changes.describe(name, number, text) : undefined}
        />
        <Aliases version={version} mayEdit={mayEdit} />
        <DeploymentsSection name={name} version={number} />
        <Origin version={version} />
        <Section title="Tags" note={tags.length || undefined}>
          <TagList tags={tags} changes={mayEdit ? tagChanges : undefined} />
        </Section>
      </div>
    </section>
  );
}

function Aliases({ version, mayEdit }: { version: ModelVersion; mayEdit: boolean }) {
  const changes = useRegisteredModelChanges();
  const { name, version: number, aliases = [] } = version;
  if (aliases.length === 0) return null;
  const remove = async (alias: string) => {
    if (await attempt("The alias was not removed", () => changes.deleteAlias(name, alias))) {
      say(`Removed the alias @${alias}`, () => changes.setAlias(name, alias, number));
    }
  };
  return (
    <Section title="Aliases">
      <div className="fact-list">
        {aliases.map((alias) => (
          <div key={alias} className="fact">
            <span className="fact-key">
              <AliasMark alias={alias} />
            </span>
            <span className="fact-value code">{`models:/${name}@${alias}`}</span>
            {mayEdit && (
              <IconButton
                icon="close"
                label={`Remove the alias @${alias}`}
                onClick={() => void remove(alias)}
              />
            )}
          </div>
        ))}
      </div>
    </Section>
  );
}

const MOST_SHOWN = 200;

/** The lineage, and the params and metrics it leads to. */
function Origin({ version }: { version: ModelVersion }) {
  const lineage = useLineage(version.name, version.version);
  if (lineage.isPending) return <Loading rows={6} />;
  if (!lineage.data) {
    return (
      <Failure
        what="Where the version comes from could not be loaded"
        error={lineage.error}
        retry={() => void lineage.refetch()}
      />
    );
  }
  const { model, run } = lineage.data;
  const metrics = [...metricsOf(model, run)].sort(byKey);
  const params = [...paramsOf(model, run)].sort(byKey);
  return (
    <>
      <Section title="Made of">
        <LineageStrip version={version} lineage={lineage.data} />
      </Section>
      {metrics.length > 0 && (
        <Section title="Metrics" note={metrics.length}>
          <div className="fact-list">
            {metrics.slice(0, MOST_SHOWN).map(([key, value]) => (
              <div key={key} className="fact">
                <span className="fact-key" title={key}>
                  {key}
                </span>
                <b className="fact-value">
                  <Numeral value={value} />
                </b>
                <CopyButton text={exactNumber(value)} label={`Copy ${key}`} />
              </div>
            ))}
          </div>
          {metrics.length > MOST_SHOWN && <More run_id={run?.info.run_id} />}
        </Section>
      )}
      {params.length > 0 && (
        <Section title="Params" note={params.length}>
          <div className="fact-list">
            {params.slice(0, MOST_SHOWN).map(([key, value]) => (
              <div key={key} className="fact">
                <span className="fact-key" title={key}>
                  {key}
                </span>
                <span className="fact-value" title={value.slice(0, 2_000)}>
                  {value.slice(0, 300)}
                </span>
                <CopyButton text={value} label={`Copy ${key}`} />
              </div>
            ))}
          </div>
          {params.length > MOST_SHOWN && <More run_id={run?.info.run_id} />}
        </Section>
      )}
    </>
  );
}

function More({ run_id }: { run_id: string | undefined }) {
  return (
    <p className="pane-note">
      The first {MOST_SHOWN};{" "}
      {run_id ? "the page of its run has all." : "its logged model has all."}
    </p>
  );
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return byName(a, b);
}

/** One registered model: what is in use, its versions, its history. */
import { type ReactNode, useState } from "react";
import type { RegisteredModel } from "../../api/types.gen";
import { changeQuery, goTo, places, useAddress } from "../../data/address";
import { useRegisteredModel } from "../../data/registered_models";
import { Choice, IconButton } from "../../widgets/button";
import { HeadFact } from "../../widgets/head_fact";
import { Menu } from "../../widgets/menu";
import { Failure, Loading, Stale } from "../../widgets/panels";
import { Split } from "../../widgets/split";
import { useTitle } from "../../widgets/title";
import { Time } from "../../widgets/values";
import { useIsNarrow } from "../../widgets/width";
import { VersionsPane } from "../model_versions/versions_pane";
import { HistoryPane } from "../registry_events/history_pane";
import { DeleteModelDialog, RenameModelDialog } from "./model_dialogs";
import { ModelOverview } from "./model_overview";

type View = "overview" | "versions" | "history";
const VIEWS: { value: View; label: string }[] = [
  { value: "overview", label: "Overview" },
  { value: "versions", label: "Versions" },
  { value: "history", label: "History" },
];
const USUAL_SHARE = 0.32;

export function RegisteredModelPage({ name }: { name: string }) {
  const { query } = useAddress();
  const isNarrow = useIsNarrow();
  const found = useRegisteredModel(name);
  useTitle(name, "Models");
  if (found.isPending) return <Loading />;
  const model = found.data;
  if (!model) {
    return (
      <Failure
        what="The model could not be loaded"
        error={found.error}
        retry={() => void found.refetch()}
      />
    );
  }
  const options = isNarrow ? VIEWS : VIEWS.slice(1);
  const usual: View = isNarrow ? "overview" : "versions";
  const view = options.find(({ value }) => value === query.get("view"))?.value ?? usual;
  const panes: Record<View, ReactNode> = {
    overview: <ModelOverview model={model} />,
    versions: <VersionsPane name={name} />,
    history: <HistoryPane name={name} />,
  };
  return (
    <div className="page">
      {found.isError && <Stale error={found.error} retry={() => void found.refetch()} />}
      <ModelHead model={model}>
        <Choice
          label="View"
          value={view}
          options={options}
          onChange={(to) => changeQuery({ view: to === usual ? "" : to })}
        />
      </ModelHead>
      {isNarrow ? (
        panes[view]
      ) : (
        <Split
          left={panes.overview}
          right={panes[view]}
          share={Number(query.get("share")) || USUAL_SHARE}
          onShare={(to) => changeQuery({ share: to === USUAL_SHARE ? undefined : String(to) })}
        />
      )}
    </div>
  );
}

function ModelHead({ model, children }: { model: RegisteredModel; children: ReactNode }) {
  const [asked, setAsked] = useState<"rename" | "delete">();
  const close = () => setAsked(undefined);
  return (
    <header className="run-head">
      <dl className="head-facts">
        <HeadFact name="Last change">
          <Time at={model.last_updated_timestamp} />
        </HeadFact>
        <HeadFact name="Created">
          <Time at={model.creation_timestamp} />
        </HeadFact>
      </dl>
      {children}
      <Menu
        button={<IconButton icon="more" label="Actions for this model" />}
        entries={[
          { label: "Rename", icon: "pencil", onSelect: () => setAsked("rename") },
          { label: "Delete", icon: "bin", onSelect: () => setAsked("delete") },
        ]}
      />
      {asked === "rename" && (
        <RenameModelDialog
          name={model.name}
          onClose={close}
          onDone={(to) => goTo(places.model(to))}
        />
      )}
      {asked === "delete" && (
        <DeleteModelDialog name={model.name} onClose={close} onDone={() => goTo(places.models())} />
      )}
    </header>
  );
}

/** One registered model: what is in use, its versions, its history. */
import { type ReactNode, useState } from "react";
import type { RegisteredModel } from "../../api/types.gen";
import { goTo, places } from "../../data/address";
import { useMay } from "../../data/permissions";
import { useRegisteredModel } from "../../data/registered_models";
import { IconButton } from "../../widgets/button";
import { HeadFact } from "../../widgets/head_fact";
import { LoadedPage } from "../../widgets/loaded_page";
import type { MenuEntry } from "../../widgets/menu";
import { PageMenu } from "../../widgets/page_menu";
import { useTitle } from "../../widgets/title";
import { TwoPanes } from "../../widgets/two_panes";
import { Time } from "../../widgets/values";
import { VersionsPane } from "../model_versions/versions_pane";
import { HistoryPane } from "../registry_events/history_pane";
import { DeleteModelDialog, RenameModelDialog } from "./model_dialogs";
import { ModelOverview } from "./model_overview";

const USUAL_SHARE = 0.32;

export function RegisteredModelPage({ name }: { name: string }) {
  const found = useRegisteredModel(name);
  useTitle(name, "Models");
  return (
    <LoadedPage found={found} what="The model">
      {(model) => (
        <TwoPanes
          views={[
            { value: "overview", label: "Overview", pane: <ModelOverview model={model} /> },
            { value: "versions", label: "Versions", pane: <VersionsPane name={name} /> },
            { value: "history", label: "History", pane: <HistoryPane name={name} /> },
          ]}
          usualShare={USUAL_SHARE}
          head={(choice) => <ModelHead model={model}>{choice}</ModelHead>}
        />
      )}
    </LoadedPage>
  );
}

function ModelHead({ model, children }: { model: RegisteredModel; children: ReactNode }) {
  const [asked, setAsked] = useState<"rename" | "delete">();
  const close = () => setAsked(undefined);
  const resource = { resource_type: "registered_model", resource_id: model.name } as const;
  const mayEdit = useMay(resource, "EDIT");
  const mayManage = useMay(resource, "MANAGE");
  const entries: MenuEntry[] = [
    ...(mayEdit
      ? [{ label: "Rename", icon: "pencil" as const, onSelect: () => setAsked("rename") }]
      : []),
    ...(mayManage
      ? [{ label: "Delete", icon: "bin" as const, onSelect: () => setAsked("delete") }]
      : []),
  ];
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
      {entries.length > 0 && (
        <PageMenu
          button={<IconButton icon="more" label="Actions for this model" />}
          entries={entries}
        />
      )}
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

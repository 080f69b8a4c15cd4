/** One version: where it is, what it was made of, how to use it, its history. */
import { type ReactNode, useState } from "react";
import type { ModelVersion } from "../../api/types.gen";
import { goTo, places } from "../../data/address";
import { useModelVersion } from "../../data/model_versions";
import { useMay, useReasonAgainst } from "../../data/permissions";
import { Button, IconButton } from "../../widgets/button";
import { HeadFact } from "../../widgets/head_fact";
import { LoadedPage } from "../../widgets/loaded_page";
import type { MenuEntry } from "../../widgets/menu";
import { PageMenu } from "../../widgets/page_menu";
import { AliasMark, StageMark, VersionStatus } from "../../widgets/registry";
import { useTitle } from "../../widgets/title";
import { TwoPanes } from "../../widgets/two_panes";
import { Time } from "../../widgets/values";
import { HistoryPane } from "../registry_events/history_pane";
import { UsePane } from "./use_pane";
import { type Asked, VersionDialog } from "./version_dialogs";
import { VersionOverview } from "./version_overview";

const USUAL_SHARE = 0.42;
const MOST_ALIASES = 2;

export function ModelVersionPage({ name, number }: { name: string; number: string }) {
  const found = useModelVersion(name, number);
  useTitle(`Version ${number}`, name, "Models");
  return (
    <LoadedPage found={found} what="The version">
      {(version) => (
        <TwoPanes
          views={[
            { value: "overview", label: "Overview", pane: <VersionOverview version={version} /> },
            { value: "use", label: "Use", pane: <UsePane version={version} /> },
            {
              value: "history",
              label: "History",
              pane: <HistoryPane name={name} version={number} />,
            },
          ]}
          usualShare={USUAL_SHARE}
          head={(choice) => <VersionHead version={version}>{choice}</VersionHead>}
        />
      )}
    </LoadedPage>
  );
}

function VersionHead({ version, children }: { version: ModelVersion; children: ReactNode }) {
  const [asked, setAsked] = useState<Asked["kind"]>();
  const { name, aliases = [], status = "READY", status_message = "" } = version;
  const resource = { resource_type: "registered_model", resource_id: name } as const;
  const noMove = useReasonAgainst(resource, "EDIT");
  const mayDelete = useMay(resource, "MANAGE");
  const entries: MenuEntry[] = [
    ...(noMove
      ? []
      : [{ label: "Set an alias", icon: "plus" as const, onSelect: () => setAsked("alias") }]),
    ...(mayDelete
      ? [{ label: "Delete", icon: "bin" as const, onSelect: () => setAsked("delete") }]
      : []),
  ];
  return (
    <header className="run-head">
      <dl className="head-facts">
        <HeadFact name="Stage">
          <StageMark stage={version.current_stage ?? "None"} />
        </HeadFact>
        {aliases.length > 0 && (
          <HeadFact name="Aliases">
            <span className="tags">
              {aliases.slice(0, MOST_ALIASES).map((alias) => (
                <AliasMark key={alias} alias={alias} />
              ))}
              {aliases.length > MOST_ALIASES && `+${aliases.length - MOST_ALIASES}`}
            </span>
          </HeadFact>
        )}
        <HeadFact name="Status">
          <VersionStatus status={status} message={status_message} />
        </HeadFact>
        <HeadFact name="Registered">
          <Time at={version.creation_timestamp} />
        </HeadFact>
        {version.user_id && <HeadFact name="By">{version.user_id}</HeadFact>}
      </dl>
      {children}
      <Button
        icon="move"
        tone="accent"
        disabled={noMove !== undefined}
        title={noMove}
        onClick={() => setAsked("move")}
      >
        Move
      </Button>
      {entries.length > 0 && (
        <PageMenu
          button={<IconButton icon="more" label="Actions for this version" />}
          entries={entries}
        />
      )}
      {asked && (
        <VersionDialog
          asked={{ kind: asked, version }}
          onClose={() => setAsked(undefined)}
          onDeleted={() => goTo(places.model(name))}
        />
      )}
    </header>
  );
}

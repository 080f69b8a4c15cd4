/** The views of an experiment: open one, save what is arranged as one, share it. */
import { useState } from "react";
import { pageAddress } from "../../api/client";
import type { View } from "../../api/types.gen";
import { changeQuery, parseQuery, places, replaceQuery, useAddress } from "../../data/address";
import { useMay } from "../../data/permissions";
import { isSameState, NO_VIEW, stateOf, useViewChanges, useViews, VIEW } from "../../data/views";
import { Button } from "../../widgets/button";
import { copyText } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { later } from "../../widgets/later";
import type { MenuEntry } from "../../widgets/menu";
import { attempt, say } from "../../widgets/notices";
import { PageMenu } from "../../widgets/page_menu";

const ViewDialog = later(async () => (await import("./view_dialog")).ViewDialog, null);

const NO_VIEWS: View[] = [];

/** Stands beside the title of the experiment. */
export function ViewsMenu({ experiment_id }: { experiment_id: string }) {
  const { query } = useAddress();
  const views = useViews(experiment_id).data ?? NO_VIEWS;
  const [asked, setAsked] = useState<"save" | "rename">();
  const view = views.find(({ view_id }) => view_id === query.get(VIEW));
  const state = stateOf(query);
  const isModified = view !== undefined && !isSameState(state, view.address);
  const mayEdit = useMay({ resource_type: "experiment", resource_id: experiment_id }, "EDIT");
  const ofView = useViewEntries(experiment_id, view, isModified ? state : undefined, mayEdit);
  const entries: MenuEntry[] = views.length > 0 ? openEntries(views, view) : [];
  if (mayEdit) {
    entries.push({
      label: "Save as a view…",
      icon: "plus",
      startsGroup: views.length > 0,
      onSelect: () => setAsked("save"),
    });
  }
  if (mayEdit && view) {
    entries.push({
      label: `Rename “${view.name}”…`,
      icon: "pencil",
      onSelect: () => setAsked("rename"),
    });
  }
  entries.push(...ofView);
  // Who may only look finds something here as soon as somebody else has saved a view.
  if (entries.length === 0) return null;
  return (
    <span className="views-menu">
      <PageMenu
        button={
          <Button tone="quiet" aria-label={`Views${view ? `: ${view.name}` : ""}`}>
            <span className="ellipsis">{view?.name ?? "Views"}</span>
            <Icon name="chevron" size={12} />
          </Button>
        }
        entries={entries}
      />
      {isModified && <span className="modified">modified</span>}
      {asked && (
        <ViewDialog
          experiment_id={experiment_id}
          view={asked === "rename" ? view : undefined}
          state={state}
          onClose={() => setAsked(undefined)}
        />
      )}
    </span>
  );
}

/** One entry for each view, and one for none. */
function openEntries(views: readonly View[], open: View | undefined): MenuEntry[] {
  return [
    ...views.map((view) => ({
      label: view.is_default ? `${view.name} (default)` : view.name,
      isChecked: view === open,
      onSelect: () => openView(view),
    })),
    {
      label: "As usual",
      isChecked: open === undefined,
      onSelect: () => replaceQuery({ [VIEW]: NO_VIEW }),
    },
  ];
}

function openView({ view_id, address }: View): void {
  replaceQuery({ [VIEW]: view_id, ...Object.fromEntries(parseQuery(address)) });
}

/** What can be done with the view that is open; `changed` is what is arranged if it differs. Who may
 * not edit can look at it and pass it on. */
function useViewEntries(
  experiment_id: string,
  view: View | undefined,
  changed: string | undefined,
  mayEdit: boolean,
): MenuEntry[] {
  const changes = useViewChanges();
  if (!view) return [];
  const { view_id, name, address, is_default } = view;
  const update = async (address_to: string) => {
    const set = (to: string) => changes.update({ view_id, address: to });
    if (!(await attempt(`“${name}” was not updated`, () => set(address_to)))) return;
    say(`Updated “${name}”`, () => set(address));
  };
  const setDefault = async (isOn: boolean) => {
    const set = (on: boolean) => changes.update({ view_id, is_default: on });
    if (!(await attempt(`“${name}” was not changed`, () => set(isOn)))) return;
    const text = `“${name}” is ${isOn ? "what the experiment opens with" : "no longer the default"}`;
    say(text, () => set(!isOn));
  };
  const share = () =>
    attempt("The address was not copied", async () => {
      await copyText(pageAddress(places.runs(experiment_id, { [VIEW]: view_id })));
      say("The address is copied");
    });
  const remove = async () => {
    if (!(await attempt(`“${name}” was not deleted`, () => changes.delete(view_id)))) return;
    // What is arranged stays on screen, without a name.
    changeQuery({ [VIEW]: NO_VIEW });
    say(`Deleted “${name}”`, async () => {
      openView(await changes.create({ view_id, name, address, experiment_id, is_default }));
    });
  };
  const entries: MenuEntry[] = [];
  if (changed !== undefined && mayEdit) {
    const onSelect = () => void update(changed);
    entries.push({ label: `Update “${name}”`, icon: "check", onSelect });
  }
  if (changed !== undefined) {
    entries.push({ label: "Discard changes", icon: "undo", onSelect: () => openView(view) });
  }
  if (mayEdit) {
    entries.push({
      label: is_default ? "No longer the default" : "Make it the default",
      icon: "experiments",
      onSelect: () => void setDefault(!is_default),
    });
  }
  entries.push({ label: "Copy its address", icon: "copy", onSelect: () => void share() });
  if (mayEdit) {
    entries.push({ label: `Delete “${name}”`, icon: "bin", onSelect: () => void remove() });
  }
  return entries;
}

/** What the palette can do, and the pages that always exist. */
import { serverAddress } from "../api/client";
import { places } from "../data/address";
import { useAdministers } from "../data/session";
import { copyText } from "../widgets/copy";
import type { IconName } from "../widgets/icons";
import { attempt, say } from "../widgets/notices";
import { pageEntries } from "../widgets/page_menu";
import { useTheme } from "../widgets/theme";
import type { Hit } from "./palette_hits";

const PAGES: [text: string, icon: IconName, address: string, note: string][] = [
  ["Experiments", "experiments", places.experiments(), "g e"],
  ["Models", "model", places.models(), "g m"],
  ["Stages", "admin", places.stages(), "page"],
  ["Deleted experiments", "bin", places.experiments({ stage: "deleted" }), "page"],
];

const PAGES_OF_ADMINISTRATORS: typeof PAGES = [
  ["Status of the server", "admin", places.status(), "g a"],
  ["Webhooks", "admin", places.webhooks(), "page"],
];

const MAKERS: [text: string, address: string][] = [
  ["New experiment", places.experiments({ new: "1" })],
  ["New model", places.models({ new: "1" })],
];
const MAKERS_OF_ADMINISTRATORS: typeof MAKERS = [["New webhook", places.webhooks({ new: "1" })]];

/** The actions of the page that is open, those of every page, and all pages. */
export function usePaletteActions(onKeys: () => void): Hit[] {
  const { next } = useTheme();
  const administers = useAdministers();
  const pages = administers ? [...PAGES, ...PAGES_OF_ADMINISTRATORS] : PAGES;
  const makers = administers ? [...MAKERS, ...MAKERS_OF_ADMINISTRATORS] : MAKERS;
  const copy = (what: string, text: string) => () =>
    void attempt(`${what} was not copied`, async () => {
      await copyText(text);
      say(`${what} is copied`);
    });
  const action = (text: string, icon: IconName, act: () => void, note = "action"): Hit => ({
    id: `action-${text}`,
    section: "Actions",
    icon,
    text,
    note,
    act,
  });
  return [
    ...pageEntries().map(({ label, icon, onSelect }) => ({
      ...action(label, icon ?? "move", onSelect, "this page"),
      id: `page-${label}`,
    })),
    ...pages.map(([text, icon, address, note]) => ({
      id: `to-${address}`,
      section: "Pages",
      icon,
      text,
      note,
      address,
    })),
    ...makers.map(([text, address]) => ({
      id: `make-${address}`,
      section: "Actions",
      icon: "plus" as const,
      text,
      note: "action",
      address,
    })),
    action("Copy the address of this page", "copy", copy("The address", window.location.href)),
    action("Copy the address of the server", "copy", copy("The address", serverAddress())),
    action("Change the theme: light, dark, as the system", "moon", next),
    action("List of keys", "keyboard", onKeys, "?"),
  ];
}

/** The frame of every page: the rail, the breadcrumb that is the title, the search box. */
import { useState } from "react";
import { goTo, places, useAddress } from "../data/address";
import { useAdministers } from "../data/session";
import { IconButton } from "../widgets/button";
import { Icon, type IconName } from "../widgets/icons";
import { useKeys } from "../widgets/keys";
import { later } from "../widgets/later";
import { Notices } from "../widgets/notices";
import { type Theme, useTheme } from "../widgets/theme";
import { Account } from "./account";
import { Breadcrumb } from "./breadcrumb";
import { Page } from "./pages";
import { Palette } from "./palette";

const KeyList = later(async () => (await import("./key_list")).KeyList, null);

/** Fetches the list of keys. The palette is there from the start: what is typed at once counts. */
export async function loadKeyList(): Promise<void> {
  await KeyList.load();
}

type Open = "search" | "keys" | undefined;

export function Frame() {
  const [open, setOpen] = useState<Open>();
  const administers = useAdministers();
  useKeys({
    "Ctrl+k": () => setOpen("search"),
    "?": () => setOpen("keys"),
    "g e": () => goTo(places.experiments()),
    "g m": () => goTo(places.models()),
    "g a": () => goTo(administers ? places.status() : places.stages()),
  });
  return (
    <div className="frame">
      <Rail onKeys={() => setOpen("keys")} />
      <div className="top-bar">
        <Breadcrumb />
        <button type="button" className="search-button" onClick={() => setOpen("search")}>
          <Icon name="search" size={14} />
          <span>Search</span>
          <kbd>Ctrl K</kbd>
        </button>
      </div>
      <main>
        <Page />
      </main>
      <Notices />
      {open === "search" && (
        <Palette onClose={() => setOpen(undefined)} onKeys={() => setOpen("keys")} />
      )}
      {open === "keys" && <KeyList onClose={() => setOpen(undefined)} />}
    </div>
  );
}

const THEMES: Record<Theme, { icon: "screen" | "sun" | "moon"; label: string }> = {
  system: { icon: "screen", label: "Colours as the system: change to light" },
  light: { icon: "sun", label: "Light: change to dark" },
  dark: { icon: "moon", label: "Dark: change to the system’s colours" },
};

const ROOMS: { room: string; label: string; icon: IconName; address: string }[] = [
  { room: "experiments", label: "Experiments", icon: "experiments", address: places.experiments() },
  { room: "models", label: "Models", icon: "model", address: places.models() },
];

/** Of administration those who are no administrators see the stages. */
function useRooms() {
  const address = useAdministers() ? places.status() : places.stages();
  return [...ROOMS, { room: "admin", label: "Admin", icon: "admin" as const, address }];
}

const ADMIN: ReadonlySet<string> = new Set(["status", "administration", "audit"]);

function Rail({ onKeys }: { onKeys: () => void }) {
  const { theme, next } = useTheme();
  const { path } = useAddress();
  const room = ADMIN.has(path[0] ?? "") ? "admin" : (path[0] ?? "experiments");
  return (
    <nav className="rail" aria-label="Main">
      <a className="rail-mark" href={places.experiments()} title="Millstream">
        <svg
          width="22"
          height="22"
          viewBox="0 0 32 32"
          fill="none"
          stroke="currentColor"
          strokeWidth="3"
          strokeLinecap="round"
          aria-hidden="true"
        >
          <path d="M4 11c4-5 8-5 12 0s8 5 12 0" />
          <path d="M4 21c4-5 8-5 12 0s8 5 12 0" opacity=".55" />
        </svg>
        <span className="off-screen">Millstream</span>
      </a>
      {useRooms().map((each) => (
        <a
          key={each.room}
          className={`rail-link ${each.room === room ? "here" : ""}`}
          href={each.address}
          title={each.label}
          aria-current={each.room === room ? "page" : undefined}
        >
          <Icon name={each.icon} size={18} />
          <span>{each.label}</span>
        </a>
      ))}
      <span className="push" />
      <Account />
      <IconButton icon={THEMES[theme].icon} label={THEMES[theme].label} onClick={next} />
      <IconButton icon="keyboard" label="Keys" className="wide-only" onClick={onKeys} />
    </nav>
  );
}

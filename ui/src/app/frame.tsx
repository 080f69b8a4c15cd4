/** The frame of every page: the rail, the breadcrumb that is the title, the search box. */
import { type ReactNode, useEffect, useState } from "react";
import { goTo, places, useAddress } from "../data/address";
import { useFewExperiments } from "../data/experiments";
import { ExperimentsPage } from "../views/experiments/experiments_page";
import { ComparisonPage } from "../views/model_versions/comparison_page";
import { ModelVersionPage } from "../views/model_versions/model_version_page";
import { RegisteredModelPage } from "../views/registered_models/registered_model_page";
import { RegisteredModelsPage } from "../views/registered_models/registered_models_page";
import { RunPage } from "../views/run/run_page";
import { RunsPage } from "../views/runs/runs_page";
import { IconButton } from "../widgets/button";
import { Icon, type IconName } from "../widgets/icons";
import { useKeys } from "../widgets/keys";
import { Notices } from "../widgets/notices";
import { Empty } from "../widgets/panels";
import { type Theme, useTheme } from "../widgets/theme";
import { Breadcrumb } from "./breadcrumb";
import { KeyList } from "./key_list";
import { SearchBox } from "./search_box";

type Open = "search" | "keys" | undefined;

export function Frame() {
  const [open, setOpen] = useState<Open>();
  useKeys({
    "Ctrl+k": () => setOpen("search"),
    "?": () => setOpen("keys"),
    "g e": () => goTo(places.experiments()),
    "g m": () => goTo(places.models()),
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
        <View />
      </main>
      <Notices />
      {open === "search" && <SearchBox onClose={() => setOpen(undefined)} />}
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

function Rail({ onKeys }: { onKeys: () => void }) {
  const { theme, next } = useTheme();
  const { path } = useAddress();
  const room = path[0] ?? "experiments";
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
      {ROOMS.map((each) => (
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
      <IconButton icon={THEMES[theme].icon} label={THEMES[theme].label} onClick={next} />
      <IconButton icon="keyboard" label="Keys" className="wide-only" onClick={onKeys} />
    </nav>
  );
}

function View(): ReactNode {
  const { path } = useAddress();
  const [room, first, inner, second] = path;
  if (room === undefined) return <Home />;
  if (room === "experiments") {
    if (first === undefined) return <ExperimentsPage />;
    if (inner === "runs" && second !== undefined) {
      return <RunPage key={second} experiment_id={first} run_id={second} />;
    }
    return <RunsPage key={first} experiment_id={first} />;
  }
  if (room === "models") {
    if (first === undefined) return <RegisteredModelsPage />;
    if (inner === undefined) return <RegisteredModelPage key={first} name={first} />;
    if (inner === "compare") return <ComparisonPage key={first} name={first} />;
    if (inner === "versions" && second !== undefined) {
      return <ModelVersionPage key={`${first}/${second}`} name={first} number={second} />;
    }
  }
  return (
    <Empty title={`There is no page “${path.join("/")}”`}>
      <p>
        <a href={places.experiments()}>All experiments</a>
      </p>
    </Empty>
  );
}

/** The list of experiments, or Default's runs if there is nothing else. */
function Home() {
  const few = useFewExperiments(true);
  useEffect(() => {
    if (few.isPending) return;
    const [first, second] = few.data?.experiments ?? [];
    const isOnlyDefault = first?.experiment_id === "0" && !second;
    window.location.replace(
      isOnlyDefault ? places.runs(first.experiment_id) : places.experiments(),
    );
  }, [few.isPending, few.data]);
  return null;
}

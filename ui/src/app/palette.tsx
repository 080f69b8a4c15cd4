/** The palette: reaches every experiment, run, model, version and page, and does what can be done. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { goTo } from "../data/address";
import { useExperimentsNamed } from "../data/experiments";
import { parseVersion } from "../data/language";
import { recentVisits } from "../data/recent";
import { useRegisteredModelsNamed } from "../data/registered_models";
import { useRunsNamed } from "../data/runs";
import { Icon } from "../widgets/icons";
import { OpenDialog } from "../widgets/open_dialog";
import { useSettled } from "../widgets/settled";
import { usePaletteActions } from "./palette_actions";
import {
  experimentHit,
  type Hit,
  isMeant,
  modelHit,
  runHit,
  shareRoom,
  versionHit,
  visitHit,
} from "./palette_hits";

const LABEL = "Experiments, runs, models, versions, pages and actions";
/** Nobody reads what is found for each letter of a word that is being typed. */
const PAUSE = 120;

interface PaletteProps {
  onClose: () => void;
  onKeys: () => void;
}

export function Palette({ onClose, onKeys }: PaletteProps) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const { hits, isSearching } = useHits(text.trim(), onKeys);
  const chosen = Math.min(at, hits.length - 1);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelectorAll("[role=option]")[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const [isEntered, setEntered] = useState(false);
  const open = (hit: Hit | undefined) => {
    setEntered(false);
    if (!hit) return;
    onClose();
    if (hit.address) goTo(hit.address);
    hit.act?.();
  };
  const pressed = (event: KeyboardEvent) => {
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, PageDown: chosen + 8 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(hits.length - 1, to)));
    }
    // What is on screen may still be the answer to a shorter text.
    if (event.key === "Enter") setEntered(true);
  };
  useEffect(() => {
    if (isEntered && !isSearching) open(hits[chosen]);
  });
  return (
    <OpenDialog title="Search" onClose={onClose} isBare>
      <div className="palette-field">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-hits"
          aria-activedescendant={hits[chosen] && `hit-${chosen}`}
          aria-label={LABEL}
          placeholder={LABEL}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
            setEntered(false);
          }}
          onKeyDown={pressed}
        />
      </div>
      <div
        ref={list}
        id="palette-hits"
        className="palette-hits"
        role="listbox"
        aria-label="Found"
        aria-busy={isSearching}
      >
        {hits.map((hit, index) => (
          <HitLine
            key={hit.id}
            hit={hit}
            index={index}
            isChosen={index === chosen}
            isFirst={hit.section !== hits[index - 1]?.section}
            onOpen={open}
            onPoint={setAt}
          />
        ))}
        {hits.length === 0 && text && (
          <p className="faint">{isSearching ? "…" : "Nothing found"}</p>
        )}
      </div>
    </OpenDialog>
  );
}

interface HitLineProps {
  hit: Hit;
  index: number;
  isChosen: boolean;
  /** Whether it is the first of its section. */
  isFirst: boolean;
  onOpen: (hit: Hit) => void;
  onPoint: (index: number) => void;
}

function HitLine({ hit, index, isChosen, isFirst, onOpen, onPoint }: HitLineProps) {
  return (
    <>
      {isFirst && (
        <div className="palette-section" role="presentation">
          {hit.section}
        </div>
      )}
      <button
        id={`hit-${index}`}
        type="button"
        role="option"
        aria-selected={isChosen}
        tabIndex={-1}
        onClick={() => onOpen(hit)}
        onPointerMove={() => onPoint(index)}
      >
        <Icon name={hit.icon} size={14} />
        <span className="ellipsis">{hit.text}</span>
        <span className="faint">{hit.note}</span>
      </button>
    </>
  );
}

const MOST_RECENT = 6;

function useHits(text: string, onKeys: () => void): { hits: Hit[]; isSearching: boolean } {
  const actions = usePaletteActions(onKeys);
  const [visits] = useState(recentVisits);
  const settled = useSettled(text, PAUSE);
  const isWanted = settled !== "";
  const runs = useRunsNamed(settled, isWanted);
  const experiments = useExperimentsNamed(settled, isWanted);
  const models = useRegisteredModelsNamed(settled, isWanted);
  const [name = "", number] = parseVersion(settled) ?? [];
  const versioned = useRegisteredModelsNamed(name, number !== undefined);
  if (!text) {
    const before = visits.filter(({ address }) => address !== currentAddress());
    const recent = before.slice(0, MOST_RECENT).map(visitHit);
    return { hits: [...recent, ...actions], isSearching: false };
  }
  const meant = actions.filter((hit) => isMeant(hit.text, text));
  const versions = number
    ? (versioned.data ?? []).flatMap((model) => versionHit(model, number) ?? [])
    : [];
  const hits = shareRoom([
    meant,
    [...versions, ...(models.data ?? []).map(modelHit)],
    (experiments.data?.experiments ?? []).map(experimentHit),
    (runs.data ?? []).map(runHit),
  ]);
  const isSearching =
    settled !== text || runs.isFetching || experiments.isFetching || models.isFetching;
  return { hits, isSearching };
}

function currentAddress(): string {
  return window.location.hash.split("?")[0] ?? "";
}

/** The history of a model or a version: who changed what, when and why; it can only grow. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { changeQuery, useAddress } from "../../data/address";
import {
  type Change,
  changesOf,
  KIND_GROUPS,
  type KindGroup,
  useRegistryEvents,
} from "../../data/registry_events";
import { Choice } from "../../widgets/button";
import { SearchField } from "../../widgets/fields";
import { useKeys } from "../../widgets/keys";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { Time } from "../../widgets/values";
import { Sentence } from "./sentence";

const GROUPS: { value: KindGroup; label: string }[] = [
  { value: "all", label: "All" },
  { value: "stages", label: "Stages" },
  { value: "aliases", label: "Aliases" },
  { value: "versions", label: "Versions" },
  { value: "edits", label: "Edits" },
  { value: "rules", label: "Rules" },
];

interface HistoryPaneProps {
  name: string;
  /** Keeps to one version; without it, the reader may choose one. */
  version?: string;
}

export function HistoryPane({ name, version }: HistoryPaneProps) {
  const { query } = useAddress();
  const kinds = query.get("kinds") ?? "all";
  const group: KindGroup = kinds in KIND_GROUPS ? (kinds as KindGroup) : "all";
  const chosen = version ?? (query.get("version") || undefined);
  const found = useRegistryEvents({ name, version: chosen, group });
  const changes = useMemo(
    () => changesOf(found.data?.pages.flatMap((page) => page.events ?? []) ?? []),
    [found.data],
  );
  const retry = () => void found.refetch();
  return (
    <section className="history" aria-label="History">
      <div className="toolbar">
        <Choice
          label="Kinds"
          value={group}
          options={version ? GROUPS.filter(({ value }) => value !== "rules") : GROUPS}
          onChange={(to) => changeQuery({ kinds: to === "all" ? "" : to })}
        />
        {!version && <VersionField applied={chosen ?? ""} />}
      </div>
      {found.isPending && <Loading />}
      {found.isError && changes.length > 0 && <Stale error={found.error} retry={retry} />}
      {found.isError && changes.length === 0 && (
        <Failure what="The history could not be loaded" error={found.error} retry={retry} />
      )}
      {found.isSuccess && changes.length === 0 && (
        <Empty title="Nothing of that kind happened">
          <p>
            Every move of a stage or an alias, every edit and every deletion is kept here, with who
            did it, when and why.
          </p>
        </Empty>
      )}
      {changes.length > 0 && (
        <Changes
          changes={changes}
          isDimmed={found.isPlaceholderData}
          onEnd={() => found.hasNextPage && !found.isFetching && void found.fetchNextPage()}
        />
      )}
    </section>
  );
}

function VersionField({ applied }: { applied: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState(applied);
  useEffect(() => setDraft(applied), [applied]);
  useKeys({ "/": () => field.current?.focus() });
  const apply = (text: string) => {
    const number = text.trim().replace(/^v(ersion)?\s*/i, "");
    changeQuery({ version: /^\d+$/.test(number) ? number : "" });
  };
  return (
    <SearchField
      field={field}
      label="Only of version"
      value={draft}
      onChange={setDraft}
      onApply={apply}
    />
  );
}

const USUAL_HEIGHT = 34;
const BEFORE_END = 20;

interface ChangesProps {
  changes: readonly Change[];
  isDimmed: boolean;
  onEnd: () => void;
}

/** Only what is in sight is drawn; rows are as high as what they say. */
function Changes({ changes, isDimmed, onEnd }: ChangesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: changes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => USUAL_HEIGHT,
    getItemKey: (at) => changes[at]?.change_id ?? at,
    overscan: 12,
  });
  const inSight = list.getVirtualItems();
  const last = inSight.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= changes.length - BEFORE_END) onEnd();
  }, [last, changes.length, onEnd]);
  return (
    <div ref={scroller} className={`history-scroll ${isDimmed ? "dimmed" : ""}`}>
      <ol className="history-list" style={{ height: list.getTotalSize() }}>
        {inSight.map((item) => {
          const change = changes[item.index];
          return (
            change && (
              <li
                key={item.key}
                ref={list.measureElement}
                data-index={item.index}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <ChangeRow change={change} />
              </li>
            )
          );
        })}
      </ol>
    </div>
  );
}

function ChangeRow({ change }: { change: Change }) {
  return (
    <>
      <span className="faint">
        <Time at={change.timestamp} />
      </span>
      <div>
        {change.events.map((event, at) => (
          <p key={event.event_id}>
            {at === 0 ? <b>{change.user_id ?? "Someone"}</b> : "and"} <Sentence event={event} />
          </p>
        ))}
        {change.comment && <q className="comment">{change.comment}</q>}
      </div>
    </>
  );
}

/** The console of a run: its lines in their colours, followed while one looks at the last. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Run } from "../../api/types.gen";
import { download, fileName } from "../../charts/takeaway";
import { changeQuery, useAddress } from "../../data/address";
import { PAGE, useLineCount, useLines, wholeConsole } from "../../data/console";
import { isLive } from "../../data/runs";
import { Button } from "../../widgets/button";
import { CodeBlock } from "../../widgets/copy";
import { useKeys } from "../../widgets/keys";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { useIsNarrow } from "../../widgets/width";
import { ConsoleLine } from "./console_line";
import { ConsoleSearch } from "./console_search";

/** What the address says: the text that is looked for, and whether lines are wrapped. */
const FIND = "console";
const WRAP = "wrap";

const LINE_HEIGHT = 18;
/** So near to the end, in pixels, one looks at the end. */
const NEAR = 24;

export function ConsolePane({ run }: { run: Run }) {
  const found = useLineCount(run.info.run_id, isLive(run));
  const retry = () => void found.refetch();
  if (found.isPending) return <Loading rows={6} />;
  if (found.data === undefined) {
    return <Failure what="The console could not be loaded" error={found.error} retry={retry} />;
  }
  if (found.data === 0) return <NoLines isLive={isLive(run)} />;
  return (
    <section className="console" aria-label="Console">
      {found.isError && <Stale error={found.error} retry={retry} />}
      <Lines run={run} total={found.data} />
    </section>
  );
}

function NoLines({ isLive }: { isLive: boolean }) {
  return (
    <Empty title={isLive ? "Nothing written yet" : "This run wrote nothing to its console"}>
      <p>Runs that are started in Python keep what they print, unless capture is switched off:</p>
      <CodeBlock code={"MILLSTREAM_CAPTURE=all python train.py"} />
    </Empty>
  );
}

function Lines({ run, total }: { run: Run; total: number }) {
  const { run_id } = run.info;
  const scroller = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const { query } = useAddress();
  const text = query.get(FIND) ?? "";
  const isNarrow = useIsNarrow();
  const isWrapped = query.has(WRAP) ? query.get(WRAP) === "yes" : isNarrow;
  const setWrapped = (isOn: boolean) =>
    changeQuery({ [WRAP]: isOn === isNarrow ? "" : isOn ? "yes" : "no" });
  const [current, setCurrent] = useState<number>();
  const [follows, setFollows] = useState(true);
  useKeys({ "/": () => field.current?.focus() });
  const list = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });
  const items = list.getVirtualItems();
  const first = Math.floor((items[0]?.index ?? 0) / PAGE);
  const last = Math.floor((items[items.length - 1]?.index ?? 0) / PAGE);
  const pages = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const { lines, error } = useLines(run_id, pages, total);
  const hasRanks = [...lines.values()].some(({ rank }) => (rank ?? 0) > 0);

  useEffect(() => {
    if (follows) list.scrollToIndex(total - 1, { align: "end" });
  }, [follows, total, list]);
  const show = useCallback(
    (position: number) => {
      setFollows(false);
      setCurrent(position);
      list.scrollToIndex(position, { align: "center" });
    },
    [list],
  );
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = scroller.current as HTMLDivElement;
    setFollows(scrollHeight - scrollTop - clientHeight < NEAR);
  };
  return (
    <>
      <div className="toolbar">
        <ConsoleSearch
          run_id={run_id}
          text={text}
          onChange={(wanted) => changeQuery({ [FIND]: wanted })}
          onShow={show}
          field={field}
        />
        <span className="console-tools">
          <Button tone="quiet" aria-pressed={isWrapped} onClick={() => setWrapped(!isWrapped)}>
            Wrap lines
          </Button>
          <Button
            tone="quiet"
            icon="down"
            disabled={follows}
            title={follows ? "New lines are followed" : "Follow new lines"}
            onClick={() => setFollows(true)}
          >
            End
          </Button>
          <Button
            tone="quiet"
            icon="download"
            onClick={async () =>
              download(await wholeConsole(run_id), fileName(run.info.run_name ?? run_id, "log"))
            }
          >
            Download
          </Button>
        </span>
      </div>
      {error && <Stale error={error} retry={() => undefined} />}
      <div
        ref={scroller}
        className={`console-scroll ${isWrapped ? "wrapped" : ""}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={`${total.toLocaleString("en")} lines`}
        onScroll={scrolled}
      >
        <div className="console-canvas" style={{ height: list.getTotalSize() }}>
          {items.map(({ key, index, start }) => (
            <div
              key={key}
              ref={list.measureElement}
              data-index={index}
              className="console-place"
              style={{ transform: `translateY(${start}px)` }}
            >
              <ConsoleLine
                line={lines.get(index)}
                position={index}
                wanted={text}
                isCurrent={index === current && text !== ""}
                hasRanks={hasRanks}
              />
            </div>
          ))}
        </div>
      </div>
    </>
  );
}

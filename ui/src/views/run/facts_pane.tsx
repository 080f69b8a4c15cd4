/** What a run logged, as one long list: params, metrics, tags, datasets, models. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import type { Run } from "../../api/types.gen";
import { rowOf } from "../../data/columns";
import { useExtremes } from "../../data/metrics";
import { SearchField } from "../../widgets/fields";
import { useKeys } from "../../widgets/keys";
import { Empty } from "../../widgets/panels";
import { FactRow } from "./fact_row";
import { type Fact, factsOf } from "./facts";

const ROW_HEIGHT = 28;

export function FactsPane({ run }: { run: Run }) {
  const [text, setText] = useState("");
  const [isFolded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const field = useRef<HTMLInputElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const { extremes } = useExtremes(run);
  const facts = useMemo(() => factsOf(rowOf(run), text, isFolded), [run, text, isFolded]);
  useKeys({ "/": () => field.current?.focus() });
  const list = useVirtualizer({
    count: facts.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const fold = (section: string) => {
    const next = new Set(isFolded);
    if (!next.delete(section)) next.add(section);
    setFolded(next);
  };
  return (
    <section className="facts" aria-label="What the run logged">
      <div className="toolbar">
        <SearchField
          field={field}
          label="Find params, metrics, tags"
          value={text}
          onChange={setText}
        />
      </div>
      <div ref={scroller} className="facts-scroll">
        {facts.length === 0 && (
          <Empty title={text ? `Nothing here contains “${text}”` : "Nothing logged yet"} />
        )}
        <div className="facts-canvas" style={{ height: list.getTotalSize() }}>
          {list.getVirtualItems().map((item) => {
            const fact = facts[item.index] as Fact;
            return (
              <div
                key={item.key}
                className="fact-place"
                style={{ transform: `translateY(${item.start}px)`, height: item.size }}
              >
                <FactRow run={run} fact={fact} extremes={extremes} onFold={fold} />
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}

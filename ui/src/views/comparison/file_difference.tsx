/** A text file of two runs, line by line. */
import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { useBeginning } from "../../data/artifacts";
import { count } from "../../data/numbers";
import { compareLines, type DifferenceLine, foldSame } from "../../data/text_difference";
import { Button } from "../../widgets/button";
import { Empty, Failure, Loading } from "../../widgets/panels";

const LINE_HEIGHT = 20;

interface FileDifferenceProps {
  path: string;
  /** The runs whose files they are. */
  left: string;
  right: string;
}

export function FileDifference({ path, left, right }: FileDifferenceProps) {
  const before = useBeginning(left, path);
  const after = useBeginning(right, path);
  const texts = [before.data?.text, after.data?.text];
  const isReady = before.data !== undefined && after.data !== undefined;
  const found = useQuery({
    queryKey: ["difference", path, left, right, texts],
    queryFn: async () => (await compareLines(texts[0] ?? "", texts[1] ?? "")) ?? null,
    enabled: isReady,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const failed = [before, after].find(({ isError }) => isError);
  if (failed) {
    return (
      <Failure
        what="The file could not be read"
        error={failed.error}
        retry={() => void failed.refetch()}
      />
    );
  }
  if (found.isError) return <Failure what="The files were not compared" error={found.error} />;
  if (!isReady || found.isPending) return <Loading rows={8} />;
  if (before.data?.isBinary || after.data?.isBinary) {
    return <Empty title="One of the files is no text" />;
  }
  if (found.data === null) {
    return (
      <Empty title="The files differ too much to be compared by lines">
        <p>Look at them side by side.</p>
      </Empty>
    );
  }
  const isPart = !before.data?.isWhole || !after.data?.isWhole;
  return <Lines lines={found.data} isPart={isPart} />;
}

function Lines({ lines, isPart }: { lines: readonly DifferenceLine[]; isPart: boolean }) {
  const [isFolded, setFolded] = useState(true);
  const shown = useMemo(() => (isFolded ? foldSame(lines) : lines), [lines, isFolded]);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });
  const sum = (kind: DifferenceLine["kind"]) => lines.filter((line) => line.kind === kind).length;
  const [added, removed] = [sum("added"), sum("removed")];
  if (added + removed === 0) {
    return (
      <Empty title={isPart ? "The beginnings of the files are alike" : "The files are alike"} />
    );
  }
  return (
    <>
      <p className="pane-note difference-note">
        <span className="good-text">+{count(added)}</span>
        <span className="worse-text">−{count(removed)}</span> lines
        {isPart && ", of the beginnings of the files"}
        <Button tone="quiet" onClick={() => setFolded(!isFolded)}>
          {isFolded ? "Show what is alike" : "Fold what is alike"}
        </Button>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys. */}
      <div ref={scroller} className="difference" role="region" aria-label="Difference" tabIndex={0}>
        <div style={{ height: list.getTotalSize() }}>
          {list.getVirtualItems().map((item) => {
            const line = shown[item.index];
            return line && <Line key={item.index} line={line} top={item.start} />;
          })}
        </div>
      </div>
    </>
  );
}

const SIGNS = { same: " ", added: "+", removed: "−" };

function Line({ line, top }: { line: DifferenceLine; top: number }) {
  const place = { transform: `translateY(${top}px)` };
  if (line.kind === "fold") {
    return (
      <div className="difference-line fold" style={place}>
        {count(line.count)} {line.count === 1 ? "line" : "lines"} alike
      </div>
    );
  }
  return (
    <div className={`difference-line ${line.kind}`} style={place}>
      <span className="line-number">{line.left}</span>
      <span className="line-number">{line.right}</span>
      <span>{SIGNS[line.kind]}</span>
      <code>{line.text}</code>
    </div>
  );
}

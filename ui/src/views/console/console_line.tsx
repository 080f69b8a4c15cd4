/** One line of a console in its colours. */
import type { PlacedLine } from "../../api/types.gen";
import { spansOf, withMarks } from "../../data/ansi";
import { exactTime } from "../../data/times";

interface ConsoleLineProps {
  line: PlacedLine | undefined;
  position: number;
  /** What was searched for. */
  wanted: string;
  isCurrent: boolean;
  hasRanks: boolean;
}

/** Whatever the line holds is text: no part of it becomes an element. */
export function ConsoleLine({ line, position, wanted, isCurrent, hasRanks }: ConsoleLineProps) {
  const isError = line?.stream === "stderr";
  const classes = ["console-line", isError ? "of-stderr" : "", isCurrent ? "current" : ""];
  const time = line?.timestamp ? exactTime(line.timestamp) : undefined;
  return (
    <div className={classes.join(" ")} title={time && `${time} · ${line?.stream ?? "stdout"}`}>
      <span className="console-number" aria-hidden="true">
        {position + 1}
      </span>
      {hasRanks && <span className="console-rank">{line?.rank ?? 0}</span>}
      {isError && <span className="unseen">stderr: </span>}
      <span className="console-text">
        {line ? <Spans text={line.text} wanted={wanted} /> : "…"}
      </span>
    </div>
  );
}

function Spans({ text, wanted }: { text: string; wanted: string }) {
  return withMarks(spansOf(text), wanted).map((span, at) => {
    const style = { color: span.colour, backgroundColor: span.ground };
    return span.marked ? (
      <mark key={at}>{span.text}</mark>
    ) : (
      <span key={at} className={span.classes || undefined} style={style}>
        {span.text}
      </span>
    );
  });
}

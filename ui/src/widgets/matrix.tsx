/** A table with heads on two sides that draws only the lines and columns in sight. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { useIsNarrow } from "./width";

/** A column or a line: what it is known by, and its head. */
export interface MatrixHead {
  id: string;
  head: ReactNode;
}

/** A line; a heading has no cells. */
export interface MatrixLine extends MatrixHead {
  isHeading?: boolean;
}

interface MatrixProps {
  label: string;
  /** What the heads of the lines are, for those who cannot see it. */
  corner: string;
  columns: readonly MatrixHead[];
  lines: readonly MatrixLine[];
  /** A cell by the places of its line and column. */
  cell: (line: number, column: number) => { content: ReactNode; isMarked: boolean };
  /** Whether the heads of the columns have two lines. */
  hasTallHead?: boolean;
}

const LINE_HEIGHT = 30;
const TALL_HEAD = 44;
const HEAD_WIDTH = 240;
const NARROW_HEAD_WIDTH = 130;
const LEAST_WIDTH = 150;
const MOST_WIDTH = 300;

/** Columns share the width until they become too narrow; then they scroll. */
export function Matrix(props: MatrixProps) {
  const { columns, lines, cell } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const headWidth = useIsNarrow() ? NARROW_HEAD_WIDTH : HEAD_WIDTH;
  const headHeight = props.hasTallHead ? TALL_HEAD : LINE_HEIGHT;
  const room = useWidth(scroller) - headWidth;
  const wanted = Math.floor(room / Math.max(1, columns.length));
  const size = Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, wanted));
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => size,
    getItemKey: (at) => columns[at]?.id ?? at,
    paddingStart: headWidth,
    overscan: 2,
  });
  const down = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    paddingStart: headHeight,
    overscan: 12,
  });
  useEffect(() => across.measure(), [size, across]);
  const inSight = across.getVirtualItems();
  return (
    <div
      ref={scroller}
      className="comparison"
      role="table"
      aria-label={props.label}
      aria-colcount={columns.length + 1}
      aria-rowcount={lines.length + 1}
      // A region that scrolls can be scrolled by keys.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
      tabIndex={0}
    >
      <div
        className="comparison-canvas"
        role="presentation"
        style={{ height: down.getTotalSize(), width: across.getTotalSize() }}
      >
        <div className="comparison-head" role="row" style={{ height: headHeight }}>
          <span role="columnheader" className="comparison-side" style={{ width: headWidth }}>
            <span className="off-screen">{props.corner}</span>
          </span>
          {inSight.map(({ index, start }) => (
            <span
              key={columns[index]?.id}
              role="columnheader"
              aria-colindex={index + 2}
              className="comparison-cell"
              style={{ left: start, width: size }}
            >
              {columns[index]?.head}
            </span>
          ))}
        </div>
        {down.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          return (
            <div
              key={line.id}
              className={`comparison-row ${line.isHeading ? "heading" : ""}`}
              role="row"
              aria-rowindex={item.index + 2}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <span
                role="rowheader"
                className="comparison-side"
                style={line.isHeading ? undefined : { width: headWidth }}
              >
                {line.head}
              </span>
              {!line.isHeading &&
                inSight.map(({ index, start }) => {
                  const { content, isMarked } = cell(item.index, index);
                  return (
                    <span
                      key={columns[index]?.id}
                      role="cell"
                      aria-colindex={index + 2}
                      className={`comparison-cell ${isMarked ? "other" : ""}`}
                      style={{ left: start, width: size }}
                    >
                      {content}
                    </span>
                  );
                })}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The width of an element in pixels; 0 before it is drawn. */
function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const observer = new ResizeObserver(() => setWidth(target.clientWidth));
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

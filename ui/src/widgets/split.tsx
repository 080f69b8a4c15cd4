/** Two panes with a divider that can be dragged, or moved by the arrow keys. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";

const LEAST = 0.15;
const MOST = 0.85;
const STEP = 0.03;

interface SplitProps {
  left: ReactNode;
  right: ReactNode;
  /** The part of the width that the left pane takes, 0 to 1. */
  share: number;
  onShare: (share: number) => void;
}

/** Left and right of a divider; a double click puts it in the middle. */
export function Split({ left, right, share, onShare }: SplitProps) {
  const [dragged, setDragged] = useState<number>();
  const frame = useRef<HTMLDivElement>(null);
  const current = dragged ?? share;

  const move = (event: PointerEvent) => {
    if (dragged === undefined || !frame.current) return;
    const box = frame.current.getBoundingClientRect();
    setDragged(within((event.clientX - box.left) / box.width));
  };
  const end = () => {
    if (dragged !== undefined) onShare(dragged);
    setDragged(undefined);
  };
  const pressed = (event: KeyboardEvent) => {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    onShare(within(current + direction * STEP));
  };

  return (
    <div
      ref={frame}
      className={`split ${dragged === undefined ? "" : "dragging"}`}
      style={{ gridTemplateColumns: `minmax(0, ${current}fr) 1px minmax(0, ${1 - current}fr)` }}
    >
      <div className="pane">{left}</div>
      <div
        className="divider"
        role="separator"
        aria-label="Divider"
        aria-orientation="vertical"
        aria-valuenow={Math.round(current * 100)}
        tabIndex={0}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDragged(current);
        }}
        onPointerMove={move}
        onPointerUp={end}
        onPointerCancel={end}
        onDoubleClick={() => onShare(0.5)}
        onKeyDown={pressed}
      />
      <div className="pane">{right}</div>
    </div>
  );
}

function within(share: number): number {
  return Math.round(Math.min(MOST, Math.max(LEAST, share)) * 1000) / 1000;
}

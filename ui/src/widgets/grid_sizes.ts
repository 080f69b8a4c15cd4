/** Widths of a grid's columns. */
import type { ColumnSizingState } from "@tanstack/react-table";
import { useEffect, useRef, useState } from "react";
import { useStable } from "./stable";

const SETTLED = 300;

/** Widths that follow the pointer at once and are told to the outside when it rests. */
export function useSettledSizes(
  widths: Record<string, number>,
  onWidths: (widths: Record<string, number>) => void,
) {
  const [sizes, setSizes] = useState<ColumnSizingState>(widths);
  const tell = useStable(onWidths);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    const timer = setTimeout(() => tell(sizes), SETTLED);
    return () => clearTimeout(timer);
  }, [sizes, tell]);
  return [sizes, setSizes] as const;
}

/** How much room an element has for what is in it. */
import { useEffect, useState } from "react";

/** Width and height inside of an element, in CSS pixels; undefined until it is on the page. */
export function useRoom(element: {
  current: HTMLElement | null;
}): { width: number; height: number } | undefined {
  const [room, setRoom] = useState<{ width: number; height: number }>();
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const observer = new ResizeObserver(([entry]) => {
      const box = entry?.contentRect;
      if (box) setRoom({ width: box.width, height: box.height });
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return room;
}

/** A value that follows another one once it has rested. */
import { useEffect, useState } from "react";

/** The value of `pause` milliseconds ago, once it has not changed since; the first one at once. */
export function useSettled<Value>(value: Value, pause: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return settled;
}

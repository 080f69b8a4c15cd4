/** Searching in a console: a field, how much was found, and the way from one place to the next. */
import { type KeyboardEvent, type Ref, useEffect, useState } from "react";
import { useConsoleSearch } from "../../data/console";
import { IconButton } from "../../widgets/button";
import { SearchField } from "../../widgets/fields";

interface ConsoleSearchProps {
  run_id: string;
  text: string;
  onChange: (text: string) => void;
  /** Called with the position of the line to show. */
  onShow: (position: number) => void;
  field: Ref<HTMLInputElement>;
}

export function ConsoleSearch({ run_id, text, onChange, onShow, field }: ConsoleSearchProps) {
  const { data, isFetching } = useConsoleSearch(run_id, text);
  const [place, setPlace] = useState(0);
  const positions = text === "" ? [] : (data?.positions ?? []);
  const count = positions.length;
  const go = (next: number) => {
    if (count === 0) return;
    const at = (next + count) % count;
    setPlace(at);
    onShow(positions[at] as number);
  };
  const first = positions[0];
  useEffect(() => {
    setPlace(0);
    if (text !== "" && first !== undefined) onShow(first);
  }, [text, first, onShow]);
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return false;
    go(event.shiftKey ? place - 1 : place + 1);
    return true;
  };
  return (
    <>
      <SearchField
        field={field}
        label="Find in the console"
        value={text}
        onChange={onChange}
        onKey={onKey}
      />
      {text !== "" && (
        <>
          <IconButton
            icon="up"
            label="Previous place"
            disabled={count === 0}
            onClick={() => go(place - 1)}
          />
          <IconButton
            icon="down"
            label="Next place"
            disabled={count === 0}
            onClick={() => go(place + 1)}
          />
          <span className="count" role="status">
            {count > 0
              ? `${place + 1} of ${count.toLocaleString("en")}${data?.isComplete ? "" : "+"}`
              : isFetching
                ? "Searching"
                : "Not found"}
          </span>
        </>
      )}
    </>
  );
}

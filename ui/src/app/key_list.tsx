/** All keys. */
import { Dialog } from "../widgets/dialog";

const KEYS: [keys: string[], meaning: string][] = [
  [["Ctrl", "K"], "Search experiments, runs and models"],
  [["/"], "Filter this page"],
  [["j"], "Next row"],
  [["k"], "Previous row"],
  [["x"], "Select the row"],
  [["Enter"], "Open the row (in the table)"],
  [["c"], "Compare the selected runs or versions"],
  [["g", "e"], "Go to experiments"],
  [["g", "m"], "Go to models"],
  [["g", "a"], "Go to admin"],
  [["?"], "This list"],
  [["Esc"], "Close, or leave the field"],
];

export function KeyList({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="key-list">
        {KEYS.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

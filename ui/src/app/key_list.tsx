/** All keys. */
import { Dialog } from "../widgets/dialog";

const KEYS: [about: string, keys: [keys: string[], meaning: string][]][] = [
  [
    "Anywhere",
    [
      [["Ctrl", "K"], "Reach anything by name, do what a page can do"],
      [["g", "e"], "Go to experiments"],
      [["g", "m"], "Go to models"],
      [["g", "a"], "Go to admin"],
      [["/"], "Filter this page"],
      [["?"], "This list"],
      [["Esc"], "Close, or leave the field"],
    ],
  ],
  [
    "Tables",
    [
      [["j"], "Next row"],
      [["k"], "Previous row"],
      [["x"], "Select the row"],
      [["."], "What can be done with the row"],
      [["c"], "Compare the selected runs or versions"],
      [["→", "←"], "Open and close what is below the row"],
      [["Home"], "First row (in the table)"],
      [["End"], "Last row (in the table)"],
      [["Enter"], "Open the row (in the table)"],
    ],
  ],
  [
    "Elsewhere",
    [
      [["f"], "Find a file of the run"],
      [["Ctrl", "Enter"], "Save a text of several lines"],
      [["←", "→"], "Move the divider between two panes (on the divider)"],
    ],
  ],
];

export function KeyList({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      {KEYS.map(([about, keys]) => (
        <section key={about} aria-label={about}>
          <h3 className="key-heading">{about}</h3>
          <dl className="key-list">
            {keys.map(([names, meaning]) => (
              <div key={meaning}>
                <dt>
                  {names.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}

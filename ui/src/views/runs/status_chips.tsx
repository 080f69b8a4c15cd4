/** States by which the runs are filtered with one click. */
const STATUSES: [status: string, word: string][] = [
  ["RUNNING", "Running"],
  ["FINISHED", "Finished"],
  ["FAILED", "Failed"],
  ["KILLED", "Killed"],
];

interface StatusChipsProps {
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}

export function StatusChips({ chosen, onChange }: StatusChipsProps) {
  return (
    <fieldset className="chips" aria-label="Status">
      {STATUSES.map(([status, word]) => {
        const isOn = chosen.includes(status);
        return (
          <button
            key={status}
            type="button"
            className="chip"
            aria-pressed={isOn}
            onClick={() =>
              onChange(isOn ? chosen.filter((each) => each !== status) : [...chosen, status])
            }
          >
            {word}
          </button>
        );
      })}
    </fieldset>
  );
}

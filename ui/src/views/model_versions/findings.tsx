/** What the gates say to a move: which pass, which do not, what each expected and got. */
import type { GateFindings } from "../../api/types.gen";
import { type Target, useGateFindings } from "../../data/gates";
import { Icon } from "../../widgets/icons";

interface FindingsProps {
  name: string;
  version: string;
  target: Target | undefined;
}

/** Nothing where no gate guards the target. */
export function Findings({ name, version, target }: FindingsProps) {
  const { data, error } = useGateFindings(name, version, target);
  if (!target) return null;
  if (error) return <p className="bad-text">The gates could not be asked: {error.message}</p>;
  if (!data?.findings?.length) return null;
  return <FindingList findings={data.findings} />;
}

function FindingList({ findings }: { findings: NonNullable<GateFindings["findings"]> }) {
  const failed = findings.filter((finding) => !finding.passed).length;
  return (
    <section className="form-part" aria-label="Gates">
      <h3>{failed === 0 ? "All gates pass" : against(failed, findings.length)}</h3>
      <ul className="findings">
        {findings.map(({ gate, passed, expected, got }) => (
          <li key={gate} className={passed ? "good" : "bad"}>
            <Icon name={passed ? "check" : "close"} size={13} />
            <span>
              <b>{gate}</b>{" "}
              {passed ? <span className="faint">passes</span> : `expects ${expected}, got ${got}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function against(failed: number, all: number): string {
  if (all === 1) return "The gate is against it";
  return `${failed} of ${all} gates ${failed === 1 ? "is" : "are"} against it`;
}

/** The button, and the key c, that take selected runs to their comparison. */
import { goTo, places, useAddress } from "../../data/address";
import { MOST_COMPARED } from "../../data/run_comparison";
import { joinRunIds } from "../../data/run_ids";
import { Button } from "../../widgets/button";
import { useKeys } from "../../widgets/keys";

/** Stands on an experiment's page, whose address says which experiment. */
export function CompareButton({ run_ids }: { run_ids: readonly string[] }) {
  const [, experiment_id = ""] = useAddress().path;
  const isPossible = run_ids.length > 1 && run_ids.length <= MOST_COMPARED;
  const compare = () => goTo(places.runComparison(experiment_id, { runs: joinRunIds(run_ids) }));
  useKeys(isPossible ? { c: compare } : {});
  return (
    <Button
      icon="split"
      disabled={!isPossible}
      title={isPossible ? "Compare (c)" : `Select 2 to ${MOST_COMPARED} runs to compare them`}
      onClick={compare}
    >
      <span className="words">Compare</span>
    </Button>
  );
}

/** What stands where the rows of a comparison would be if there were any. */
import { Button } from "../../widgets/button";
import { Empty } from "../../widgets/panels";
import type { ComparedRuns } from "./compared_run";

/** Says why there are none, and what brings some. */
export function NoDifferences({ state, change }: ComparedRuns) {
  if (state.find) {
    return (
      <Empty title={`Nothing that ${state.onlyDifferences ? "differs" : "is known"} is named so`}>
        <p className="row-of-buttons">
          <Button icon="close" onClick={() => change({ find: "" })}>
            Clear “{state.find}”
          </Button>
        </p>
      </Empty>
    );
  }
  if (!state.onlyDifferences) return <Empty title="Nothing is known of these runs" />;
  return (
    <Empty title={state.run_ids.length === 1 ? "One run differs from nothing" : "Nothing differs"}>
      <p className="row-of-buttons">
        <Button onClick={() => change({ onlyDifferences: false })}>Show all</Button>
      </p>
    </Empty>
  );
}

/** What stands where the runs would be if there were any. */
import { serverAddress } from "../../api/client";
import { Button } from "../../widgets/button";
import { CodeBlock } from "../../widgets/copy";
import { Empty } from "../../widgets/panels";
import type { RunsState } from "./runs_state";

interface NoRunsProps {
  experiment_id: string;
  state: RunsState;
  onClear: () => void;
}

/** Says why there are none, and what brings the first. */
export function NoRuns({ experiment_id, state, onClear }: NoRunsProps) {
  if (state.filter || state.statuses.length > 0) {
    return (
      <Empty title="No run matches the filter">
        <p className="row-of-buttons">
          <Button icon="close" onClick={onClear}>
            Clear the filter
          </Button>
        </p>
      </Empty>
    );
  }
  if (state.stage === "DELETED_ONLY") return <Empty title="No deleted runs" />;
  return (
    <Empty title="No runs yet">
      <p>Three lines of Python make the first one:</p>
      <CodeBlock
        code={`import millstream
millstream.set_tracking_uri("${serverAddress()}")
with millstream.start_run(experiment_id="${experiment_id}"): millstream.log_metric("loss", 0.25)`}
      />
    </Empty>
  );
}

/** For whoever opens an address with a filter that cannot be read. */
export function FilterExamples() {
  return (
    <Empty title="The filter cannot be read">
      <p>What is wrong stands below the box. Examples:</p>
      <CodeBlock
        code={`metrics.loss < 0.1 and params.model = 'tree'
metrics.\`val loss\` between 0.1 and 0.2 or tags.phase is null
status = 'FAILED' and start_time > ago(7d)`}
      />
    </Empty>
  );
}

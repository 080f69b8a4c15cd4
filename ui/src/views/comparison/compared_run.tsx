/** The head of a run in a comparison: its colour and name, and what can be done with it here. */
import type { Run } from "../../api/types.gen";
import { places } from "../../data/address";
import { IconButton } from "../../widgets/button";
import type { MatrixHead } from "../../widgets/matrix";
import { Menu } from "../../widgets/menu";
import type { ChangeComparison, ComparisonState } from "./comparison_state";

/** What each view of the comparison is given. */
export interface ComparedRuns {
  runs: readonly Run[];
  runColour: ReadonlyMap<string, string>;
  state: ComparisonState;
  change: ChangeComparison;
}

/** The heads of the runs, in their order. */
export function runHeads({ runs, runColour, state, change }: ComparedRuns): MatrixHead[] {
  const others = (run_id: string) => state.run_ids.filter((each) => each !== run_id);
  return runs.map((run, at) => {
    const { run_id } = run.info;
    return {
      id: run_id,
      head: (
        <>
          <RunName run={run} colour={runColour.get(run_id)} />
          {at === 0 && runs.length > 1 && <span className="faint">first</span>}
          <Menu
            button={<IconButton icon="more" label={`Actions for ${nameOf(run)}`} />}
            entries={[
              ...(at > 0
                ? [
                    {
                      label: "Compare with this",
                      icon: "move" as const,
                      onSelect: () => change({ run_ids: [run_id, ...others(run_id)] }),
                    },
                  ]
                : []),
              {
                label: "Remove",
                icon: "close",
                onSelect: () => change({ run_ids: others(run_id) }),
              },
            ]}
          />
        </>
      ),
    };
  });
}

/** The name of a run, or the beginning of its id. */
export function nameOf(run: Run): string {
  return run.info.run_name || run.info.run_id.slice(0, 8);
}

/** The way to a run, with its colour. */
export function RunName({ run, colour }: { run: Run; colour: string | undefined }) {
  const { experiment_id, run_id } = run.info;
  return (
    <>
      <i className="swatch" style={{ background: colour ?? "transparent" }} />
      <a
        className="version-link ellipsis"
        href={places.run(experiment_id, run_id)}
        title={nameOf(run)}
      >
        {nameOf(run)}
      </a>
    </>
  );
}

/** The runs below a run. */
import { useMemo } from "react";
import type { Run } from "../../api/types.gen";
import { places } from "../../data/address";
import { childFilter, sharedMetrics, useChildRuns } from "../../data/child_runs";
import { runColours } from "../../data/colours";
import { rowOf } from "../../data/columns";
import { count } from "../../data/numbers";
import { Section } from "../../widgets/section";
import { useIsDark } from "../../widgets/theme";
import { Duration, Numeral, RunState, Time } from "../../widgets/values";

const METRICS_SHOWN = 4;

/** Nothing for runs without children. */
export function ChildrenSection({ run }: { run: Run }) {
  const { run_id, experiment_id } = run.info;
  const children = useChildRuns(run);
  const isDark = useIsDark();
  const runs = children.data?.runs ?? [];
  const metrics = useMemo(() => sharedMetrics(runs, METRICS_SHOWN), [runs]);
  const colours = useMemo(
    () =>
      runColours(
        experiment_id,
        runs.map(({ info }) => info.run_id),
        isDark,
      ),
    [experiment_id, runs, isDark],
  );
  if (children.isError) {
    return (
      <Section title="Child runs">
        <p className="section-body bad-text">{children.error.message}</p>
      </Section>
    );
  }
  if (runs.length === 0) return null;
  const hasMore = children.data?.hasMore;
  return (
    <Section
      title="Child runs"
      note={hasMore ? `the first ${runs.length}` : count(runs.length)}
      action={
        <a
          className="link section-link"
          href={places.runs(experiment_id, { filter: childFilter(run_id) })}
        >
          In the runs table
        </a>
      }
    >
      <div className="section-table">
        <table>
          <thead>
            <tr>
              <th>Name</th>
              <th>Started</th>
              <th>Duration</th>
              {metrics.map((key) => (
                <th key={key} className="numeric" title={key}>
                  {key}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {runs.map((child) => (
              <Child key={child.info.run_id} run={child} metrics={metrics} colours={colours} />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

interface ChildProps {
  run: Run;
  metrics: readonly string[];
  colours: ReadonlyMap<string, string>;
}

function Child({ run, metrics, colours }: ChildProps) {
  const { run_id, run_name, experiment_id, start_time } = run.info;
  const values = rowOf(run).metrics;
  return (
    <tr>
      <td>
        <span className="child-name">
          <i className="swatch" style={{ background: colours.get(run_id) }} />
          <RunState run={run} />
          <a className="link ellipsis" href={places.run(experiment_id, run_id)} title={run_name}>
            {run_name || run_id.slice(0, 8)}
          </a>
        </span>
      </td>
      <td>
        <Time at={start_time} />
      </td>
      <td>
        <Duration run={run} />
      </td>
      {metrics.map((key) => {
        const value = values.get(key);
        return (
          <td key={key} className="numeric">
            {value === undefined ? <span className="absent">–</span> : <Numeral value={value} />}
          </td>
        );
      })}
    </tr>
  );
}

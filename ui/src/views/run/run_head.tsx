/** The head of the run page: the state of the run, and where it came from. */
import type { ReactNode } from "react";
import type { Run } from "../../api/types.gen";
import { goTo, places } from "../../data/address";
import { cellOf, END_REASON, rowOf } from "../../data/columns";
import { useMay } from "../../data/permissions";
import { originalOf, stampOf } from "../../data/reproduction";
import { useRunChanges } from "../../data/runs";
import { IconButton } from "../../widgets/button";
import { ShortId } from "../../widgets/copy";
import { HeadFact } from "../../widgets/head_fact";
import type { MenuEntry } from "../../widgets/menu";
import { attempt, say } from "../../widgets/notices";
import { PageMenu } from "../../widgets/page_menu";
import { Duration, RunState, Time } from "../../widgets/values";
import { RegisterButton } from "./registered_versions";

/** One line; what does not fit can be scrolled to. */
export function RunHead({ run, children }: { run: Run; children: ReactNode }) {
  const entries = useEntries(run);
  const { experiment_id } = run.info;
  const mayManage = useMay({ resource_type: "experiment", resource_id: experiment_id }, "MANAGE");
  return (
    <header className="run-head">
      <Facts run={run} />
      {children}
      <RegisterButton run={run} />
      {mayManage && (
        <PageMenu
          button={<IconButton icon="more" label="Actions for this run" />}
          entries={entries}
        />
      )}
    </header>
  );
}

function Facts({ run }: { run: Run }) {
  const row = rowOf(run);
  const text = (key: string) => {
    const value = cellOf(row, "attributes", key);
    return value === undefined ? undefined : String(value);
  };
  const source = text("source");
  const commit = text("git_commit");
  const parent = row.tags.get("mlflow.parentRunId");
  const origin = row.tags.get("millstream.forkedFrom");
  const stamp = stampOf(run);
  const original = originalOf(run);
  return (
    <dl className="head-facts">
      <HeadFact name="Status">
        <RunState run={run} withWord reason={row.tags.get(END_REASON)} />
      </HeadFact>
      <HeadFact name="Started">
        <Time at={run.info.start_time} />
      </HeadFact>
      <HeadFact name="Duration">
        <Duration run={run} />
      </HeadFact>
      {text("user_id") && <HeadFact name="User">{text("user_id")}</HeadFact>}
      {source && (
        <HeadFact name="Source">
          <span className="ellipsis" title={source}>
            {source.split(/[\\/]/).at(-1)}
          </span>
        </HeadFact>
      )}
      {commit && (
        <HeadFact name="Commit">
          <ShortId id={commit} length={7} />
        </HeadFact>
      )}
      {parent && parent !== original && (
        <HeadFact name="Parent">
          <a className="code" href={places.run(run.info.experiment_id, parent)}>
            {parent.slice(0, 8)}
          </a>
        </HeadFact>
      )}
      {origin && (
        <HeadFact name="Forked from">
          <a className="code" href={places.run(run.info.experiment_id, origin)}>
            {origin.slice(0, 8)}
          </a>
        </HeadFact>
      )}
      {stamp && (
        <HeadFact name="Reproduced by">
          <a className="code" href={places.run(run.info.experiment_id, stamp.run_id)}>
            {stamp.run_id.slice(0, 8)}
          </a>
        </HeadFact>
      )}
      {original && (
        <HeadFact name="Reproduces">
          <a className="code" href={places.run(run.info.experiment_id, original)}>
            {original.slice(0, 8)}
          </a>
        </HeadFact>
      )}
      <HeadFact name="ID">
        <ShortId id={run.info.run_id} />
      </HeadFact>
    </dl>
  );
}

function useEntries(run: Run): MenuEntry[] {
  const changes = useRunChanges();
  const { run_id, run_name, experiment_id, lifecycle_stage } = run.info;
  const name = run_name || run_id.slice(0, 8);
  const remove = async () => {
    if (!(await attempt(`“${name}” was not deleted`, () => changes.delete([run_id])))) return;
    say(`Deleted “${name}”`, () => changes.restore([run_id]));
    goTo(places.runs(experiment_id));
  };
  const restore = async () => {
    if (!(await attempt(`“${name}” was not restored`, () => changes.restore([run_id])))) return;
    say(`Restored “${name}”`, () => changes.delete([run_id]));
  };
  return lifecycle_stage === "deleted"
    ? [{ label: "Restore", icon: "undo", onSelect: () => void restore() }]
    : [{ label: "Delete", icon: "bin", onSelect: () => void remove() }];
}

/** The title of the run page: the run's colour and its name, which can be changed in place. */
import { useEffect } from "react";
import type { Run } from "../../api/types.gen";
import { runColours } from "../../data/colours";
import { useExperiment } from "../../data/experiments";
import { useMay } from "../../data/permissions";
import { useRunChanges } from "../../data/runs";
import { EditableText } from "../../widgets/fields";
import { attempt, say } from "../../widgets/notices";
import { useIsDark } from "../../widgets/theme";

export function RunTitle({ run }: { run: Run }) {
  const { run_id, run_name = "", experiment_id } = run.info;
  const changes = useRunChanges();
  const experiment = useExperiment(experiment_id);
  const mayEdit = useMay({ resource_type: "experiment", resource_id: experiment_id }, "EDIT");
  const colour = runColours(experiment_id, [run_id], useIsDark()).get(run_id);
  const home = experiment.data?.name;
  useEffect(() => {
    document.title = [run_name || run_id, home, "Millstream"].filter(Boolean).join(" · ");
  }, [run_name, run_id, home]);
  const rename = async (to: string) => {
    if (await attempt("The run was not renamed", () => changes.rename(run_id, to))) {
      say(`Renamed to “${to}”`, run_name ? () => changes.rename(run_id, run_name) : undefined);
    }
  };
  return (
    <>
      <i className="swatch" style={{ background: colour }} />
      {mayEdit ? (
        <EditableText label="Rename" value={run_name || run_id} onSave={(to) => void rename(to)} />
      ) : (
        <span title={run_name || run_id}>{run_name || run_id}</span>
      )}
    </>
  );
}

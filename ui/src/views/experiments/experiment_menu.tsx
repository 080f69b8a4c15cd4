/** What can be done with an experiment of the list; nothing where one may only look. */
import type { Experiment } from "../../api/types.gen";
import { useExperimentChanges } from "../../data/experiments";
import { useMay } from "../../data/permissions";
import { IconButton } from "../../widgets/button";
import { Menu, type MenuEntry } from "../../widgets/menu";
import { attempt, say } from "../../widgets/notices";

interface ExperimentMenuProps {
  experiment: Experiment;
  onRename: (experiment: Experiment) => void;
}

export function ExperimentMenu({ experiment, onRename }: ExperimentMenuProps) {
  const changes = useExperimentChanges();
  const { experiment_id, name, lifecycle_stage } = experiment;
  const resource = { resource_type: "experiment", resource_id: experiment_id } as const;
  const mayEdit = useMay(resource, "EDIT");
  const mayManage = useMay(resource, "MANAGE");
  const remove = async () => {
    const done = await attempt(`“${name}” was not deleted`, () => changes.delete(experiment_id));
    if (done) say(`Deleted “${name}”`, () => changes.restore(experiment_id));
  };
  const restore = async () => {
    const done = await attempt(`“${name}” was not restored`, () => changes.restore(experiment_id));
    if (done) say(`Restored “${name}”`, () => changes.delete(experiment_id));
  };
  const isDeleted = lifecycle_stage === "deleted";
  const entries: MenuEntry[] = [];
  if (mayEdit && !isDeleted) {
    entries.push({ label: "Rename", icon: "pencil", onSelect: () => onRename(experiment) });
  }
  if (mayManage && isDeleted) {
    entries.push({ label: "Restore", icon: "undo", onSelect: () => void restore() });
  }
  if (mayManage && !isDeleted) {
    entries.push({ label: "Delete", icon: "bin", onSelect: () => void remove() });
  }
  if (entries.length === 0) return null;
  return (
    <Menu button={<IconButton icon="more" label={`Actions for ${name}`} />} entries={entries} />
  );
}

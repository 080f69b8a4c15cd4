/** What people wrote about a run. */
import type { Run } from "../../api/types.gen";
import { fileAddress } from "../../data/artifacts";
import { rowOf } from "../../data/columns";
import { useMay } from "../../data/permissions";
import { useRunChanges } from "../../data/runs";
import { pathBeside } from "../../data/safe_links";
import { MarkdownSection } from "../../widgets/markdown_section";

const NOTE = "mlflow.note.content";

export function NotesSection({ run }: { run: Run }) {
  const changes = useRunChanges();
  const { run_id, experiment_id, lifecycle_stage } = run.info;
  const mayEdit = useMay({ resource_type: "experiment", resource_id: experiment_id }, "EDIT");
  const write = (text: string) =>
    text ? changes.setTag(run_id, NOTE, text) : changes.deleteTag(run_id, NOTE);
  const imageAddress = (address: string) => {
    const path = pathBeside("", address);
    return path && fileAddress(run_id, path);
  };
  return (
    <MarkdownSection
      title="Notes"
      text={rowOf(run).tags.get(NOTE) ?? ""}
      invitation="Write notes"
      write={mayEdit && lifecycle_stage !== "deleted" ? write : undefined}
      imageAddress={imageAddress}
    />
  );
}

/** Dialogs about a version: which of them is open, and deleting one. */
import { useState } from "react";
import type { ModelVersion } from "../../api/types.gen";
import { useModelVersionChanges } from "../../data/model_versions";
import { useRegistryState } from "../../data/registry_events";
import { CommentField, FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";
import { AliasMark, StageMark } from "../../widgets/registry";
import { AliasDialog } from "../registered_models/alias_dialogs";
import { MoveDialog } from "./move_dialog";

/** What a reader wants to do with a version. */
export interface Asked {
  kind: "move" | "alias" | "delete";
  version: ModelVersion;
}

interface VersionDialogProps {
  asked: Asked;
  onClose: () => void;
  /** Called when the version is gone, before the pages ask for it. */
  onDeleted?: () => void;
}

export function VersionDialog({ asked, onClose, onDeleted }: VersionDialogProps) {
  switch (asked.kind) {
    case "move":
      return <MoveDialog version={asked.version} onClose={onClose} />;
    case "alias":
      return <SetAlias version={asked.version} onClose={onClose} />;
    case "delete":
      return (
        <DeleteDialog
          version={asked.version}
          onClose={onClose}
          {...(onDeleted ? { onDeleted } : {})}
        />
      );
  }
}

function SetAlias({ version, onClose }: { version: ModelVersion; onClose: () => void }) {
  const state = useRegistryState(version.name, undefined);
  return (
    <AliasDialog
      name={version.name}
      versions={state.data?.versions ?? []}
      version={version.version}
      onClose={onClose}
    />
  );
}

interface DeleteDialogProps {
  version: ModelVersion;
  onClose: () => void;
  onDeleted?: () => void;
}

function DeleteDialog({ version, onClose, onDeleted }: DeleteDialogProps) {
  const changes = useModelVersionChanges();
  const [comment, setComment] = useState("");
  const { name, version: number, current_stage = "None", aliases = [] } = version;
  const remove = async () => {
    await changes.delete(name, number, comment.trim());
    onDeleted?.();
    say(`Deleted version ${number} of “${name}”`);
  };
  return (
    <FormDialog
      title={`Delete version ${number}`}
      action="Delete"
      isGrave
      onSave={remove}
      onClose={onClose}
    >
      <p className="form-note">
        Version {number} of <b>{name}</b> goes for good, and its number is never given again. Its
        history stays; the run and the logged model it came from are not touched.
      </p>
      {(current_stage !== "None" || aliases.length > 0) && (
        <p className="form-note warning">
          It is in use: <StageMark stage={current_stage} />
          {aliases.map((alias) => (
            <AliasMark key={alias} alias={alias} />
          ))}
        </p>
      )}
      <CommentField value={comment} onChange={setComment} />
    </FormDialog>
  );
}

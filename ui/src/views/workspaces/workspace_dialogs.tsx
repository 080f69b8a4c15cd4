/** Dialogs about workspaces: a new one, what it is for, deleting one with what is in it. */
import { useState } from "react";
import type { Workspace } from "../../api/types.gen";
import {
  DELETIONS,
  type DeletionMode,
  useWorkspaceChanges,
  workspaceNameProblem,
} from "../../data/workspaces";
import { FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";

/** What an administrator wants to do with workspaces. */
export type Asked = { kind: "create" } | { kind: "edit" | "delete"; workspace: Workspace };

interface WorkspaceDialogProps {
  asked: Asked;
  /** The one that the pages show. */
  current: string | undefined;
  onClose: () => void;
}

export function WorkspaceDialog({ asked, current, onClose }: WorkspaceDialogProps) {
  switch (asked.kind) {
    case "create":
      return <NewWorkspaceDialog onClose={onClose} />;
    case "edit":
      return <EditWorkspaceDialog workspace={asked.workspace} onClose={onClose} />;
    case "delete":
      return (
        <DeleteWorkspaceDialog
          name={asked.workspace.name}
          isShown={asked.workspace.name === current}
          onClose={onClose}
        />
      );
  }
}

function NewWorkspaceDialog({ onClose }: { onClose: () => void }) {
  const changes = useWorkspaceChanges();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [root, setRoot] = useState("");
  const problem = name ? workspaceNameProblem(name.trim()) : undefined;
  const create = async () => {
    await changes.create({
      name: name.trim(),
      ...(description.trim() && { description: description.trim() }),
      ...(root.trim() && { default_artifact_root: root.trim() }),
    });
    say(`Made the workspace “${name.trim()}”`);
  };
  return (
    <FormDialog
      title="New workspace"
      action="Create"
      isReady={name !== "" && !problem}
      onSave={create}
      onClose={onClose}
    >
      <label>
        Name
        <input
          className="field"
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      {problem && (
        <p className="bad-text" role="alert">
          {problem}
        </p>
      )}
      <TextFields
        description={description}
        onDescription={setDescription}
        root={root}
        onRoot={setRoot}
      />
      <p className="form-note">
        The name stays. Who was granted nothing in the workspace sees nothing of it; roles that are
        made in it grant.
      </p>
    </FormDialog>
  );
}

interface OfWorkspace {
  workspace: Workspace;
  onClose: () => void;
}

function EditWorkspaceDialog({ workspace, onClose }: OfWorkspace) {
  const changes = useWorkspaceChanges();
  const { name } = workspace;
  const [description, setDescription] = useState(workspace.description ?? "");
  const [root, setRoot] = useState(workspace.default_artifact_root ?? "");
  const save = () =>
    changes.update({
      workspace_name: name,
      description: description.trim(),
      default_artifact_root: root.trim(),
    });
  return (
    <FormDialog title={`Edit “${name}”`} action="Save" onSave={save} onClose={onClose}>
      <TextFields
        description={description}
        onDescription={setDescription}
        root={root}
        onRoot={setRoot}
      />
    </FormDialog>
  );
}

interface TextFieldsProps {
  description: string;
  onDescription: (text: string) => void;
  root: string;
  onRoot: (text: string) => void;
}

function TextFields({ description, onDescription, root, onRoot }: TextFieldsProps) {
  return (
    <>
      <label>
        Description
        <input
          className="field"
          placeholder="Optional"
          value={description}
          onChange={(event) => onDescription(event.target.value)}
        />
      </label>
      <label>
        Where new experiments keep their files
        <input
          className="field code"
          placeholder="Below the server’s own root"
          autoCapitalize="none"
          spellCheck={false}
          value={root}
          onChange={(event) => onRoot(event.target.value)}
        />
      </label>
    </>
  );
}

interface DeleteWorkspaceProps {
  name: string;
  isShown: boolean;
  onClose: () => void;
}

function DeleteWorkspaceDialog({ name, isShown, onClose }: DeleteWorkspaceProps) {
  const changes = useWorkspaceChanges();
  const [mode, setMode] = useState<DeletionMode>("RESTRICT");
  const [typed, setTyped] = useState("");
  const remove = async () => {
    await changes.delete(name, mode, isShown);
    say(`Deleted the workspace “${name}”`);
  };
  return (
    <FormDialog
      title={`Delete “${name}”`}
      action="Delete"
      isGrave
      isReady={mode !== "CASCADE" || typed === name}
      onSave={remove}
      onClose={onClose}
    >
      <fieldset className="check-lines" aria-label="What is in it">
        <legend>Experiments, models, webhooks and views in it</legend>
        {DELETIONS.map(({ value, label, means }) => (
          <label key={value} className="check-line">
            <input
              type="radio"
              name="mode"
              checked={mode === value}
              onChange={() => setMode(value)}
            />
            <span>
              {label} <span className="faint">{means}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {mode === "CASCADE" && (
        <label>
          Type the name of the workspace to delete all that is in it
          <input
            className="field"
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
      )}
      <p className="form-note">Its roles go, too.</p>
    </FormDialog>
  );
}

/** Asks for the name of a view: to save what is arranged, or to rename one. */
import { useState } from "react";
import type { View } from "../../api/types.gen";
import { changeQuery } from "../../data/address";
import { useViewChanges, VIEW } from "../../data/views";
import { FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";

interface ViewDialogProps {
  experiment_id: string;
  /** The view to rename; without it, a new one. */
  view: View | undefined;
  /** What is arranged, as the query of the address. */
  state: string;
  onClose: () => void;
}

export function ViewDialog({ experiment_id, view, state, onClose }: ViewDialogProps) {
  const changes = useViewChanges();
  const [name, setName] = useState(view?.name ?? "");
  const [isDefault, setDefault] = useState(false);
  const wanted = name.trim();
  const save = async () => {
    if (view) {
      await changes.update({ view_id: view.view_id, name: wanted });
      say(`Renamed “${view.name}” to “${wanted}”`, () =>
        changes.update({ view_id: view.view_id, name: view.name }),
      );
      return;
    }
    const request = { name: wanted, address: state, experiment_id, is_default: isDefault };
    const { view_id } = await changes.create(request);
    changeQuery({ [VIEW]: view_id });
  };
  return (
    <FormDialog
      title={view ? "Rename view" : "Save as a view"}
      action={view ? "Rename" : "Save"}
      isReady={wanted !== "" && wanted !== view?.name}
      onSave={save}
      onClose={onClose}
    >
      <label>
        Name
        <input className="field" value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      {!view && (
        <>
          <label className="check-line">
            <input
              type="checkbox"
              checked={isDefault}
              onChange={(event) => setDefault(event.target.checked)}
            />
            The experiment opens with it
          </label>
          <p className="form-note">
            It keeps the filter, the order, the columns, the selection and the charts as they are
            now, for everyone who opens the experiment.
          </p>
        </>
      )}
    </FormDialog>
  );
}

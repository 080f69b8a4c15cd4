/** What can be done with a model of the list; nothing where one may only look. */
import type { RegisteredModel } from "../../api/types.gen";
import { useMay } from "../../data/permissions";
import { IconButton } from "../../widgets/button";
import { Menu, type MenuEntry } from "../../widgets/menu";

export interface ModelMenuProps {
  model: RegisteredModel;
  onRename: (model: RegisteredModel) => void;
  onDelete: (model: RegisteredModel) => void;
}

export function ModelMenu({ model, onRename, onDelete }: ModelMenuProps) {
  const resource = { resource_type: "registered_model", resource_id: model.name } as const;
  const entries: MenuEntry[] = [];
  if (useMay(resource, "EDIT")) {
    entries.push({ label: "Rename", icon: "pencil", onSelect: () => onRename(model) });
  }
  if (useMay(resource, "MANAGE")) {
    entries.push({ label: "Delete", icon: "bin", onSelect: () => onDelete(model) });
  }
  if (entries.length === 0) return null;
  return (
    <Menu
      button={<IconButton icon="more" label={`Actions for ${model.name}`} />}
      entries={entries}
    />
  );
}

/** What can be done with a version of the list; nothing where one may only look. */
import type { ModelVersion } from "../../api/types.gen";
import { useMay } from "../../data/permissions";
import { IconButton } from "../../widgets/button";
import { Menu, type MenuEntry } from "../../widgets/menu";
import type { Asked } from "./version_dialogs";

interface VersionMenuProps {
  version: ModelVersion;
  onAsk: (asked: Asked) => void;
}

export function VersionMenu({ version, onAsk }: VersionMenuProps) {
  const resource = { resource_type: "registered_model", resource_id: version.name } as const;
  const entries: MenuEntry[] = [];
  if (useMay(resource, "EDIT")) {
    entries.push(
      {
        label: "Move to a stage",
        icon: "move",
        onSelect: () => onAsk({ kind: "move", version }),
      },
      { label: "Set an alias", icon: "plus", onSelect: () => onAsk({ kind: "alias", version }) },
    );
  }
  if (useMay(resource, "MANAGE")) {
    entries.push({
      label: "Delete",
      icon: "bin",
      onSelect: () => onAsk({ kind: "delete", version }),
    });
  }
  if (entries.length === 0) return null;
  return (
    <Menu
      button={<IconButton icon="more" label={`Actions for version ${version.version}`} />}
      entries={entries}
    />
  );
}

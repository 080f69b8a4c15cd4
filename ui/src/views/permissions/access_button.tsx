/** What one may do with this experiment or model, and the way to who else may. */
import { useState } from "react";
import type { Resource } from "../../api/types.gen";
import { includes, usePermission, verbOf } from "../../data/permissions";
import { Button } from "../../widgets/button";
import { MembersDialog } from "./members_dialog";

export interface AccessButtonProps {
  resource: Resource;
  /** Of the experiment or model. */
  name: string;
}

export function AccessButton({ resource, name }: AccessButtonProps) {
  const permission = usePermission(resource);
  const [isOpen, setOpen] = useState(false);
  if (!permission || !includes(permission, "READ")) return null;
  return (
    <>
      <Button
        tone="quiet"
        icon="people"
        className="access-button"
        title={`You ${verbOf(permission)}. Who else may?`}
        onClick={() => setOpen(true)}
      >
        <span>You {verbOf(permission)}</span>
      </Button>
      {isOpen && (
        <MembersDialog
          resource={resource}
          name={name}
          permission={permission}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

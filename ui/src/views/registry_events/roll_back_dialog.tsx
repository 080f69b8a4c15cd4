/** Asks whether the last change of a stage or an alias is to be undone, and why. */
import { useState } from "react";
import type { RegistryEvent } from "../../api/types.gen";
import {
  changesOf,
  type RollBackTarget,
  useLastChange,
  useRollBack,
} from "../../data/registry_events";
import { CommentField, FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";
import { Failure, Loading } from "../../widgets/panels";
import { AliasMark, StageMark } from "../../widgets/registry";
import { Time } from "../../widgets/values";
import { Sentence } from "./sentence";

interface RollBackDialogProps {
  name: string;
  target: RollBackTarget;
  onClose: () => void;
}

/** Shows the last change, and what there will be when it is undone. */
export function RollBackDialog({ name, target, onClose }: RollBackDialogProps) {
  const last = useLastChange(name, target);
  const rollBack = useRollBack();
  const [comment, setComment] = useState("");
  const shown = "stage" in target ? target.stage : `@${target.alias}`;
  const events = last.data ?? [];
  const undo = async () => {
    await rollBack(name, target, comment.trim());
    say(`Rolled back ${shown}`);
  };
  return (
    <FormDialog
      title={`Roll back ${shown}`}
      action="Roll back"
      isReady={events.length > 0}
      onSave={undo}
      onClose={onClose}
    >
      {last.isPending && <Loading rows={2} />}
      {last.isError && <Failure what="The last change is not known" error={last.error} />}
      {last.isSuccess && events.length === 0 && (
        <p className="form-note">There is nothing to roll back: {shown} never changed.</p>
      )}
      {events[0] && (
        <>
          <div className="form-part">
            <h3>
              The last change, <Time at={events[0].timestamp} />
            </h3>
            {changesOf(events)[0]?.events.map((event) => (
              <p key={event.event_id}>
                {event.user_id ?? "Someone"} <Sentence event={event} />
              </p>
            ))}
            {events[0].comment && <q className="comment">{events[0].comment}</q>}
          </div>
          <div className="form-part">
            <h3>After rolling back</h3>
            {events.map((event) => (
              <Undone key={event.event_id} event={event} target={target} />
            ))}
          </div>
          <CommentField value={comment} onChange={setComment} />
        </>
      )}
    </FormDialog>
  );
}

/** What one event's undoing leads to; nothing for events that a roll-back leaves as they are. */
function Undone({ event, target }: { event: RegistryEvent; target: RollBackTarget }) {
  if ("stage" in target) {
    return (
      <p>
        Version {event.version} is in <StageMark stage={event.from_value ?? "None"} /> again
      </p>
    );
  }
  if (event.subject !== target.alias) return null;
  return (
    <p>
      {event.from_value ? (
        <>
          <AliasMark alias={target.alias} /> points to version {event.from_value} again
        </>
      ) : (
        <>
          <AliasMark alias={target.alias} /> is no more
        </>
      )}
    </p>
  );
}

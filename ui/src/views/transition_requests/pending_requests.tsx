/** The requests that wait for somebody's decision. */
import { useState } from "react";
import type { TransitionRequest } from "../../api/types.gen";
import { type Decision, usePendingRequests } from "../../data/transition_requests";
import { Button, IconButton } from "../../widgets/button";
import { Menu } from "../../widgets/menu";
import { Section } from "../../widgets/section";
import { Time } from "../../widgets/values";
import { DecisionDialog } from "./decision_dialog";
import { Wanted } from "./wanted";

/** Nothing where none is pending. */
export function PendingRequests({ name, version }: { name: string; version?: string }) {
  const pending = usePendingRequests(name, version).data ?? [];
  const [asked, setAsked] = useState<{ request: TransitionRequest; decision: Decision }>();
  if (pending.length === 0) return null;
  return (
    <Section title="Waiting for approval" note={pending.length}>
      <div className="standing">
        {pending.map((request) => (
          <PendingRow
            key={request.request_id}
            request={request}
            onDecide={(decision) => setAsked({ request, decision })}
          />
        ))}
      </div>
      {asked && <DecisionDialog {...asked} onClose={() => setAsked(undefined)} />}
    </Section>
  );
}

interface PendingRowProps {
  request: TransitionRequest;
  onDecide: (decision: Decision) => void;
}

function PendingRow({ request, onDecide }: PendingRowProps) {
  const { user_id, creation_timestamp, comment, stale } = request;
  return (
    <div className="pending-row">
      <div>
        <p>
          <b>{user_id ?? "Someone"}</b> asks to <Wanted request={request} />{" "}
          <span className="faint">
            <Time at={creation_timestamp} />
          </span>
        </p>
        {comment && <q className="comment">{comment}</q>}
        {stale && (
          <p className="warning-text">
            What it is about was moved since, so it cannot be approved any more.
          </p>
        )}
      </div>
      {!stale && <Button onClick={() => onDecide("approve")}>Approve</Button>}
      <Menu
        button={
          <IconButton icon="more" label={`Actions for the request of ${user_id ?? "someone"}`} />
        }
        entries={[
          { label: "Refuse", icon: "close", onSelect: () => onDecide("reject") },
          { label: "Withdraw", icon: "undo", onSelect: () => onDecide("cancel") },
        ]}
      />
    </div>
  );
}

/** The requests that wait for somebody's decision. */
import { useState } from "react";
import type { TransitionRequest } from "../../api/types.gen";
import { useMay, useReasonAgainst } from "../../data/permissions";
import { type Decision, usePendingRequests } from "../../data/transition_requests";
import { Button, IconButton } from "../../widgets/button";
import { Menu, type MenuEntry } from "../../widgets/menu";
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
  const { name, user_id, creation_timestamp, comment, stale } = request;
  const resource = { resource_type: "registered_model", resource_id: name } as const;
  const noApproval = useReasonAgainst(resource, "MANAGE");
  const mayEdit = useMay(resource, "EDIT");
  const entries: MenuEntry[] = [];
  if (!noApproval) {
    entries.push({ label: "Refuse", icon: "close", onSelect: () => onDecide("reject") });
  }
  if (mayEdit) {
    entries.push({ label: "Withdraw", icon: "undo", onSelect: () => onDecide("cancel") });
  }
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
      {!stale && (
        <Button
          disabled={noApproval !== undefined}
          title={noApproval}
          onClick={() => onDecide("approve")}
        >
          Approve
        </Button>
      )}
      {entries.length > 0 && (
        <Menu
          button={
            <IconButton icon="more" label={`Actions for the request of ${user_id ?? "someone"}`} />
          }
          entries={entries}
        />
      )}
    </div>
  );
}

/** The audit log: who did what, newest first; exported, and held against its hashes. */
import { useEffect, useMemo, useState } from "react";
import type { AuditVerification } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { auditExport, useAuditEvents, verdictOf, verifyAudit } from "../../data/audit_events";
import { AdminTabs } from "../../widgets/admin_tabs";
import { Button } from "../../widgets/button";
import { SearchField } from "../../widgets/fields";
import { Grid } from "../../widgets/grid";
import { Icon } from "../../widgets/icons";
import { attempt } from "../../widgets/notices";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { useTitle } from "../../widgets/title";
import { WithUsers } from "../sessions/switched_off";
import { auditColumns } from "./audit_columns";
import "../../app/access.css";

export function AuditPage() {
  useTitle("Audit log", "Admin");
  return (
    <WithUsers>
      <AuditLog />
    </WithUsers>
  );
}

function AuditLog() {
  const { query } = useAddress();
  const actor = query.get("actor") ?? "";
  const action = query.get("action") ?? "";
  const found = useAuditEvents(actor, action);
  const events = useMemo(
    () => found.data?.pages.flatMap((page) => page.events ?? []) ?? [],
    [found.data],
  );
  const [widths, setWidths] = useState<Record<string, number>>({});
  const columns = useMemo(() => auditColumns(), []);
  const retry = () => void found.refetch();
  return (
    <div className="page">
      <AuditToolbar actor={actor} action={action} />
      {found.isPending && <Loading />}
      {found.isError && events.length > 0 && <Stale error={found.error} retry={retry} />}
      {found.isError && events.length === 0 && (
        <Failure what="The audit log could not be loaded" error={found.error} retry={retry} />
      )}
      {found.isSuccess && events.length === 0 && (
        <Empty title="Nothing of that kind happened">
          <p>
            Names are compared as a whole: an actor is a user’s name, an action one like
            permission.grant.
          </p>
        </Empty>
      )}
      {events.length > 0 && (
        <Grid
          label="Audit log"
          rows={events}
          rowId={(event) => String(event.sequence)}
          columns={columns}
          widths={widths}
          onWidths={setWidths}
          onOpen={() => undefined}
          onEnd={() => found.hasNextPage && !found.isFetching && void found.fetchNextPage()}
          isDimmed={found.isPlaceholderData}
        />
      )}
    </div>
  );
}

function AuditToolbar({ actor, action }: { actor: string; action: string }) {
  const [verdict, setVerdict] = useState<AuditVerification>();
  const [isVerifying, setVerifying] = useState(false);
  const verify = async () => {
    setVerifying(true);
    setVerdict(undefined);
    await attempt("The log was not verified", async () => setVerdict(await verifyAudit()));
    setVerifying(false);
  };
  return (
    <>
      <div className="toolbar">
        <AdminTabs />
        <ExactField label="Actor" name="actor" applied={actor} />
        <ExactField label="Action" name="action" applied={action} />
        <span className="push" />
        <Button icon="shield" disabled={isVerifying} onClick={() => void verify()}>
          {isVerifying ? "Verifying…" : "Verify"}
        </Button>
        <a className="button" href={auditExport()} download="audit.jsonl">
          <Icon name="download" size={14} />
          Export
        </a>
      </div>
      {verdict && (
        <p className={`audit-verified ${verdict.intact ? "good" : "bad"}`} role="status">
          <Icon name={verdict.intact ? "check" : "close"} size={14} />
          {verdictOf(verdict)}
        </p>
      )}
    </>
  );
}

interface ExactFieldProps {
  label: string;
  name: "actor" | "action";
  applied: string;
}

function ExactField({ label, name, applied }: ExactFieldProps) {
  const [draft, setDraft] = useState(applied);
  useEffect(() => setDraft(applied), [applied]);
  return (
    <SearchField
      label={label}
      value={draft}
      onChange={setDraft}
      onApply={(text) => changeQuery({ [name]: text.trim() })}
    />
  );
}

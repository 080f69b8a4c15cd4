/** All webhooks: who is told of what; made, changed, tried, paused, deleted. */
import { useMemo, useState } from "react";
import type { Webhook } from "../../api/types.gen";
import { changeQuery, goTo, places, useAddress } from "../../data/address";
import { NO_ADMINISTRATOR, useAdministers } from "../../data/session";
import { useWebhooks } from "../../data/webhooks";
import { AdminTabs } from "../../widgets/admin_tabs";
import { Button } from "../../widgets/button";
import { Grid } from "../../widgets/grid";
import { Failure, Loading, Stale } from "../../widgets/panels";
import { useTitle } from "../../widgets/title";
import { useIsNarrow } from "../../widgets/width";
import { NoWebhooks } from "./no_webhooks";
import { useWebhookEntries } from "./webhook_actions";
import { type Asked, WebhookDialog } from "./webhook_dialogs";
import { webhookColumns } from "./webhooks_columns";

const NO_WEBHOOKS: Webhook[] = [];

export function WebhooksPage() {
  const found = useWebhooks();
  const webhooks = found.data ?? NO_WEBHOOKS;
  const { query } = useAddress();
  const [changed, setAsked] = useState<Asked>();
  const asked = query.get("new") ? { kind: "create" as const } : changed;
  const closed = () => {
    setAsked(undefined);
    changeQuery({ new: "" });
  };
  const [widths, setWidths] = useState<Record<string, number>>({});
  const isNarrow = useIsNarrow();
  const administers = useAdministers();
  const entries = useWebhookEntries(setAsked);
  const columns = useMemo(
    () => webhookColumns({ nameSize: isNarrow ? 150 : 220, entries }),
    [isNarrow, entries],
  );
  useTitle("Webhooks", "Admin");
  const retry = () => void found.refetch();
  return (
    <div className="page">
      <div className="toolbar">
        <AdminTabs />
        <span className="push" />
        <Button
          icon="plus"
          tone="accent"
          disabled={!administers}
          title={administers ? undefined : NO_ADMINISTRATOR}
          onClick={() => changeQuery({ new: "1" })}
        >
          New webhook
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && webhooks.length > 0 && <Stale error={found.error} retry={retry} />}
      {found.isError && webhooks.length === 0 && (
        <Failure what="The webhooks could not be loaded" error={found.error} retry={retry} />
      )}
      {found.isSuccess && webhooks.length === 0 && <NoWebhooks />}
      {webhooks.length > 0 && (
        <Grid
          label="Webhooks"
          rows={webhooks}
          rowId={(webhook) => webhook.webhook_id}
          columns={columns}
          widths={widths}
          onWidths={setWidths}
          onOpen={(webhook) => goTo(places.webhook(webhook.webhook_id))}
        />
      )}
      {asked && <WebhookDialog asked={asked} onClose={closed} />}
    </div>
  );
}

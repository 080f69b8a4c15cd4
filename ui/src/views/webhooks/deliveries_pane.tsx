/** The log of a webhook: what was sent, what is on its way, what was given up and can be replayed. */
import { useMemo, useState } from "react";
import { serverAddress } from "../../api/client";
import type { Webhook, WebhookDelivery } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { shellWord } from "../../data/snippets";
import { type DeliveryStatus, useDeliveries, useWebhookChanges } from "../../data/webhooks";
import { Button, Choice } from "../../widgets/button";
import { CodeBlock } from "../../widgets/copy";
import { Grid } from "../../widgets/grid";
import { attempt, say } from "../../widgets/notices";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { deliveryColumns } from "./deliveries_columns";
import { DeliveryDialog } from "./delivery_dialog";

const STATUSES: { value: DeliveryStatus | "ALL"; label: string }[] = [
  { value: "ALL", label: "All" },
  { value: "PENDING", label: "Waiting" },
  { value: "DELIVERED", label: "Delivered" },
  { value: "DEAD", label: "Dead" },
];

export function DeliveriesPane({ webhook }: { webhook: Webhook }) {
  const { query } = useAddress();
  const status = STATUSES.find(({ value }) => value === query.get("status"))?.value ?? "ALL";
  const found = useDeliveries(webhook.webhook_id, status === "ALL" ? undefined : status);
  const deliveries = useMemo(
    () => found.data?.pages.flatMap((page) => page.deliveries ?? []) ?? [],
    [found.data],
  );
  const replay = useReplay(webhook);
  const [widths, setWidths] = useState<Record<string, number>>({});
  const columns = useMemo(() => deliveryColumns(), []);
  const shown = deliveries.find(({ delivery_id }) => delivery_id === query.get("delivery"));
  const retry = () => void found.refetch();
  return (
    <section className="history" aria-label="Log">
      <div className="toolbar">
        <Choice
          label="Status"
          value={status}
          options={STATUSES}
          onChange={(to) => changeQuery({ status: to === "ALL" ? "" : to })}
        />
        <span className="push" />
        <Button
          icon="refresh"
          title="Send all dead deliveries again"
          onClick={() => void replay(undefined)}
        >
          Replay the dead
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && deliveries.length > 0 && <Stale error={found.error} retry={retry} />}
      {found.isError && deliveries.length === 0 && (
        <Failure what="The log could not be loaded" error={found.error} retry={retry} />
      )}
      {found.isSuccess && deliveries.length === 0 && (
        <NoDeliveries webhook={webhook} status={status} />
      )}
      {deliveries.length > 0 && (
        <Grid
          label="Deliveries"
          rows={deliveries}
          rowId={(delivery) => delivery.delivery_id}
          columns={columns}
          widths={widths}
          onWidths={setWidths}
          onOpen={({ delivery_id }) => changeQuery({ delivery: delivery_id })}
          onEnd={() => found.hasNextPage && !found.isFetching && void found.fetchNextPage()}
        />
      )}
      {shown && (
        <DeliveryDialog
          delivery={shown}
          onReplay={() => replay(shown)}
          onClose={() => changeQuery({ delivery: "" })}
        />
      )}
    </section>
  );
}

/** Sends one delivery again, or all dead ones, and says how many. */
function useReplay({ webhook_id }: Webhook) {
  const changes = useWebhookChanges();
  return async (delivery: WebhookDelivery | undefined) => {
    const again = async () => {
      const count = await changes.replay(webhook_id, delivery?.delivery_id);
      say(
        count === 0
          ? "Nothing is dead"
          : `${count} ${count === 1 ? "delivery is" : "deliveries are"} on the way again`,
      );
    };
    await attempt("Nothing was replayed", again);
  };
}

function NoDeliveries({ webhook, status }: { webhook: Webhook; status: string }) {
  if (status === "DEAD") return <Empty title="Nothing was given up" />;
  if (status === "PENDING") return <Empty title="Nothing waits to be sent" />;
  return (
    <Empty title="Nothing was sent in the last 30 days">
      <p>The next event in the registry is; a sample shows at once whether the receiver answers:</p>
      <CodeBlock
        code={`export MILLSTREAM_TRACKING_URI=${shellWord(serverAddress())}
millstream webhooks test --webhook-id ${webhook.webhook_id}`}
      />
    </Empty>
  );
}

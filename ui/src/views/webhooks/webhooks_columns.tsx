/** The columns of the table of webhooks. */
import type { Webhook } from "../../api/types.gen";
import { places } from "../../data/address";
import { eventsOf, nameOfEvent } from "../../data/webhooks";
import { IconButton } from "../../widgets/button";
import type { GridColumn } from "../../widgets/grid_column";
import { Icon } from "../../widgets/icons";
import { Menu, type MenuEntry } from "../../widgets/menu";
import { Time } from "../../widgets/values";

interface WebhookColumns {
  nameSize: number;
  entries: (webhook: Webhook) => MenuEntry[];
}

export function webhookColumns({ nameSize, entries }: WebhookColumns): GridColumn<Webhook>[] {
  return [
    {
      id: "name",
      label: "Name",
      size: nameSize,
      cell: ({ webhook_id, name }) => (
        <a className="cell-link" href={places.webhook(webhook_id)} title={name}>
          {name}
        </a>
      ),
    },
    {
      id: "status",
      label: "Status",
      size: 100,
      cell: ({ status }) => <WebhookStatus status={status} />,
    },
    {
      id: "url",
      label: "Address",
      size: 320,
      cell: ({ url }) => <span title={url}>{url}</span>,
    },
    {
      id: "events",
      label: "Events",
      size: 360,
      cell: (webhook) => {
        const names = eventsOf(webhook).map(nameOfEvent);
        return <span title={names.join("\n")}>{names.join(", ")}</span>;
      },
    },
    {
      id: "signed",
      label: "Signed",
      size: 80,
      cell: ({ signed }) => (signed ? "yes" : <span className="absent">no</span>),
    },
    {
      id: "last_updated_timestamp",
      label: "Last change",
      size: 110,
      isNumeric: true,
      cell: ({ last_updated_timestamp }) => <Time at={last_updated_timestamp} />,
    },
    {
      id: "actions",
      label: "",
      size: 48,
      cell: (webhook) => (
        <Menu
          button={<IconButton icon="more" label={`Actions for ${webhook.name}`} />}
          entries={entries(webhook)}
        />
      ),
    },
  ];
}

/** Whether a webhook is told of events: shape and word say the same. */
export function WebhookStatus({ status = "ACTIVE" }: { status?: Webhook["status"] }) {
  const isActive = status === "ACTIVE";
  return (
    <span className={`version-status ${isActive ? "good" : "quiet"}`}>
      <Icon name={isActive ? "check" : "pause"} size={12} />
      {isActive ? "Active" : "Paused"}
    </span>
  );
}

/** The columns of the log of a webhook. */
import type { WebhookDelivery } from "../../api/types.gen";
import { changeQuery } from "../../data/address";
import { nameOfEvent } from "../../data/webhooks";
import type { GridColumn } from "../../widgets/grid_column";
import { Icon, type IconName } from "../../widgets/icons";
import { Time } from "../../widgets/values";

const STATES: Record<WebhookDelivery["status"], { word: string; tone: string; icon: IconName }> = {
  PENDING: { word: "Waiting", tone: "running", icon: "clock" },
  DELIVERED: { word: "Delivered", tone: "good", icon: "check" },
  DEAD: { word: "Dead", tone: "bad", icon: "close" },
};

/** Where a delivery is: colour, shape and word say the same. */
export function DeliveryState({ status }: { status: WebhookDelivery["status"] }) {
  const { word, tone, icon } = STATES[status];
  return (
    <span className={`version-status ${tone}`}>
      <Icon name={icon} size={12} />
      {word}
    </span>
  );
}

export function deliveryColumns(): GridColumn<WebhookDelivery>[] {
  return [
    {
      id: "event",
      label: "Event",
      size: 220,
      cell: ({ event, delivery_id }) => (
        <button
          type="button"
          className="cell-link"
          title="What was sent and answered"
          onClick={() => changeQuery({ delivery: delivery_id })}
        >
          {nameOfEvent(event)}
        </button>
      ),
    },
    {
      id: "status",
      label: "Status",
      size: 100,
      cell: ({ status }) => <DeliveryState status={status} />,
    },
    {
      id: "creation_timestamp",
      label: "Happened",
      size: 100,
      isNumeric: true,
      cell: ({ creation_timestamp }) => <Time at={creation_timestamp} />,
    },
    {
      id: "attempts",
      label: "Attempts",
      size: 80,
      isNumeric: true,
      cell: ({ attempts = 0 }) => attempts,
    },
    {
      id: "response_status",
      label: "Answer",
      size: 80,
      isNumeric: true,
      cell: ({ response_status }) => response_status ?? <span className="absent">–</span>,
    },
    {
      id: "error_message",
      label: "Trouble",
      size: 320,
      cell: ({ error_message }) =>
        error_message ? (
          <span title={error_message}>{error_message}</span>
        ) : (
          <span className="absent">–</span>
        ),
    },
  ];
}

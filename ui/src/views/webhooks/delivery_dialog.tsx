/** One delivery: what was sent, what was answered, when it is tried again. */
import type { WebhookDelivery } from "../../api/types.gen";
import { nameOfEvent } from "../../data/webhooks";
import { Button } from "../../widgets/button";
import { CopyButton, ShortId } from "../../widgets/copy";
import { Dialog } from "../../widgets/dialog";
import { HeadFact } from "../../widgets/head_fact";
import { Time } from "../../widgets/values";
import { DeliveryState } from "./deliveries_columns";

interface DeliveryDialogProps {
  delivery: WebhookDelivery;
  onReplay: () => Promise<void>;
  onClose: () => void;
}

export function DeliveryDialog({ delivery, onReplay, onClose }: DeliveryDialogProps) {
  const { status, due_timestamp, response_status, response_body, error_message } = delivery;
  return (
    <Dialog title={nameOfEvent(delivery.event)} onClose={onClose}>
      <div className="name-form">
        <dl className="head-facts delivery-facts">
          <HeadFact name="Status">
            <DeliveryState status={status} />
          </HeadFact>
          <HeadFact name="Happened">
            <Time at={delivery.creation_timestamp} />
          </HeadFact>
          <HeadFact name="Attempts">{delivery.attempts ?? 0}</HeadFact>
          {delivery.last_attempt_timestamp !== undefined && (
            <HeadFact name="Last attempt">
              <Time at={delivery.last_attempt_timestamp} />
            </HeadFact>
          )}
          {status === "PENDING" && due_timestamp !== undefined && (
            <HeadFact name="Next attempt">
              <Time at={due_timestamp} />
            </HeadFact>
          )}
          <HeadFact name="ID">
            <ShortId id={delivery.delivery_id} />
          </HeadFact>
        </dl>
        {error_message && <p className="bad-text break-all">{error_message}</p>}
        <Text title="Sent" text={delivery.payload} />
        {response_status !== undefined && (
          <Text title={`Answered ${response_status}`} text={response_body || "(nothing more)"} />
        )}
        <div className="row-of-buttons">
          <Button onClick={onClose}>Close</Button>
          {status !== "PENDING" && (
            <Button tone="accent" icon="refresh" onClick={() => void onReplay().then(onClose)}>
              Send again
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}

function Text({ title, text }: { title: string; text: string }) {
  return (
    <section aria-label={title}>
      <h3 className="delivery-title">
        {title} <CopyButton text={text} label={`Copy what was ${title.toLowerCase()}`} />
      </h3>
      <pre className="delivery-text">{indented(text)}</pre>
    </section>
  );
}

/** JSON with a line for each value; what is no JSON stays as it is. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

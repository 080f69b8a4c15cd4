/** Sends a sample of an event to a webhook, and shows what the receiver answered. */
import { useState } from "react";
import type { Webhook, WebhookTestResult } from "../../api/types.gen";
import { eventOfName, eventsOf, nameOfEvent, useWebhookChanges } from "../../data/webhooks";
import { Button } from "../../widgets/button";
import { Dialog } from "../../widgets/dialog";
import { Icon } from "../../widgets/icons";
import { sayError } from "../../widgets/notices";

export function SampleDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const changes = useWebhookChanges();
  const names = eventsOf(webhook).map(nameOfEvent);
  const [event, setEvent] = useState(names[0] ?? "");
  const [isSending, setSending] = useState(false);
  const [result, setResult] = useState<WebhookTestResult>();
  const send = async () => {
    setSending(true);
    setResult(undefined);
    try {
      setResult(await changes.test(webhook.webhook_id, eventOfName(event)));
    } catch (error) {
      sayError("The sample was not sent", error);
    } finally {
      setSending(false);
    }
  };
  return (
    <Dialog title={`Send a sample to “${webhook.name}”`} onClose={onClose}>
      <div className="name-form">
        <label>
          Event
          <select
            className="field"
            value={event}
            onChange={(change) => setEvent(change.target.value)}
          >
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <p className="form-note">
          It goes to <span className="code break-all">{webhook.url}</span> once and at once, with
          made-up names, and is not kept in the log.
        </p>
        {result && <Answer result={result} />}
        <div className="row-of-buttons">
          <Button onClick={onClose}>Close</Button>
          <Button tone="accent" disabled={isSending} onClick={() => void send()}>
            {isSending ? "Sending…" : "Send"}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function Answer({ result }: { result: WebhookTestResult }) {
  const { success, response_status, response_body, error_message } = result;
  return (
    <div role="status">
      <p className={`version-status ${success ? "good" : "bad"}`}>
        <Icon name={success ? "check" : "close"} size={12} />
        {response_status === undefined
          ? "Nothing was answered"
          : `The receiver answered ${response_status}`}
      </p>
      {error_message && <p className="form-note break-all">{error_message}</p>}
      {response_body && <pre className="delivery-text">{response_body}</pre>}
    </div>
  );
}

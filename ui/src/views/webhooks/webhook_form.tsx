/** Asks where a webhook calls, of what, and with which secret. */
import { useState } from "react";
import type { Webhook } from "../../api/types.gen";
import { goTo, places } from "../../data/address";
import { EVENTS, eventOfName, eventsOf, nameOfEvent, useWebhookChanges } from "../../data/webhooks";
import { FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";

interface WebhookFormProps {
  /** The webhook to change; without it, a new one. */
  webhook?: Webhook;
  onClose: () => void;
}

const USUAL = ["model_version.created", "model_version_stage.updated"];

export function WebhookForm({ webhook, onClose }: WebhookFormProps) {
  const changes = useWebhookChanges();
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "https://");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [secret, setSecret] = useState("");
  const [isUnsigned, setUnsigned] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    new Set(webhook ? eventsOf(webhook).map(nameOfEvent) : USUAL),
  );
  const toggle = (event: string, isOn: boolean) => {
    const next = new Set(chosen);
    if (isOn) next.add(event);
    else next.delete(event);
    setChosen(next);
  };
  const save = async () => {
    const told = {
      name: name.trim(),
      url: url.trim(),
      description: description.trim(),
      events: [...chosen].map(eventOfName),
    };
    if (webhook) {
      // An empty secret removes the one there is; without the field it stays.
      const signing = isUnsigned ? { secret: "" } : secret ? { secret } : {};
      await changes.update({ webhook_id: webhook.webhook_id, ...told, ...signing });
      say(`Changed “${told.name}”`);
      return;
    }
    const made = await changes.create({ ...told, ...(secret ? { secret } : {}) });
    goTo(places.webhook(made.webhook_id));
  };
  return (
    <FormDialog
      title={webhook ? "Edit webhook" : "New webhook"}
      action={webhook ? "Save" : "Create"}
      isReady={name.trim() !== "" && url.trim().length > "https://".length && chosen.size > 0}
      onSave={save}
      onClose={onClose}
    >
      <label>
        Name
        <input
          className="field"
          placeholder="deploy"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label>
        Address
        <input
          className="field code"
          spellCheck={false}
          placeholder="https://ci.example.com/hook"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
      </label>
      {EVENTS.map(({ about, events }) => (
        <fieldset key={about} className="check-lines" aria-label={about}>
          <legend>{about}</legend>
          {events.map(([event, label]) => (
            <label key={event} className="check-line" title={event}>
              <input
                type="checkbox"
                checked={chosen.has(event)}
                onChange={(change) => toggle(event, change.target.checked)}
              />
              {label}
            </label>
          ))}
        </fieldset>
      ))}
      <label>
        Secret
        <input
          className="field code"
          type="password"
          autoComplete="new-password"
          disabled={isUnsigned}
          placeholder={webhook?.signed ? "Unchanged" : "None: what is sent is not signed"}
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
        />
      </label>
      {webhook?.signed && (
        <label className="check-line">
          <input
            type="checkbox"
            checked={isUnsigned}
            onChange={(event) => setUnsigned(event.target.checked)}
          />
          Remove the secret: what is sent is no longer signed
        </label>
      )}
      <label>
        Description
        <input
          className="field"
          placeholder="Who receives it, and what it starts"
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
      </label>
    </FormDialog>
  );
}

/** The form on the page before all others: fields, what is wrong with them, one button. */
import { type FormEvent, type ReactNode, useState } from "react";
import { Failure } from "../../widgets/panels";
import "../../app/entrance.css";

interface EntrancePageProps {
  title: string;
  /** Stands below the title. */
  note?: ReactNode;
  children: ReactNode;
}

/** A page without the frame. */
export function EntrancePage({ title, note, children }: EntrancePageProps) {
  return (
    <main className="entrance">
      <div className="entrance-box">
        <p className="entrance-mark">
          <svg
            width="26"
            height="26"
            viewBox="0 0 32 32"
            fill="none"
            stroke="currentColor"
            strokeWidth="3"
            strokeLinecap="round"
            aria-hidden="true"
          >
            <path d="M4 11c4-5 8-5 12 0s8 5 12 0" />
            <path d="M4 21c4-5 8-5 12 0s8 5 12 0" opacity=".55" />
          </svg>
          Millstream
        </p>
        <h1>{title}</h1>
        {note && <p className="entrance-note">{note}</p>}
        {children}
      </div>
    </main>
  );
}

/** What was asked for the page could not be told. */
export function EntranceFailure({ error, retry }: { error: Error; retry: () => void }) {
  return (
    <main className="entrance">
      <Failure what="The server could not be asked" error={error} retry={retry} />
    </main>
  );
}

interface EntranceFormProps {
  action: string;
  isReady: boolean;
  /** What is wrong before anything is sent. */
  problem?: string | undefined;
  onSend: () => Promise<unknown>;
  children: ReactNode;
}

/** Says in place what the server refuses; what was typed stays. */
export function EntranceForm({ action, isReady, problem, onSend, children }: EntranceFormProps) {
  const [refusal, setRefusal] = useState<string>();
  const [isSending, setSending] = useState(false);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    setRefusal(undefined);
    try {
      await onSend();
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
      setSending(false);
    }
  };
  const said = problem ?? refusal;
  return (
    <form className="name-form" onSubmit={(event) => void send(event)}>
      {children}
      {said && (
        <p className="bad-text" role="alert">
          {said}
        </p>
      )}
      <button type="submit" className="button accent" disabled={!isReady || isSending}>
        {action}
      </button>
    </form>
  );
}

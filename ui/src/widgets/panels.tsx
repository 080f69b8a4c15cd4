/** What stands where data is absent: nothing yet, loading, or failed. */
import { type ReactNode, useEffect, useState } from "react";
import { ApiError } from "../api/client";
import { Button } from "./button";
import { CopyButton } from "./copy";

/** Says that there is nothing, why, and what fills it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="panel-note">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

const PATIENCE = 200;

/** Grey bars, but only once the wait is felt. */
export function Loading({ rows = 12 }: { rows?: number }) {
  const [isFelt, setFelt] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setFelt(true), PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  if (!isFelt) return null;
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, at) => (
        <span key={at} />
      ))}
    </div>
  );
}

/** Says above old data that newer could not be loaded. */
export function Stale({ error, retry }: { error: Error; retry: () => void }) {
  return (
    <div className="stale" role="alert">
      <span className="ellipsis" title={error.message}>
        Not up to date: {error.message}
      </span>
      <Button tone="quiet" onClick={retry}>
        Try again
      </Button>
    </div>
  );
}

/** Says what failed, with what, and offers to try again. */
export function Failure({
  what,
  error,
  retry,
}: {
  what: string;
  error: unknown;
  retry?: () => void;
}) {
  const message = error instanceof Error ? error.message : String(error);
  const details = error instanceof ApiError ? error.details : message;
  const isDenied = error instanceof ApiError && error.code === "PERMISSION_DENIED";
  return (
    <div className="panel-note" role="alert">
      <h2>{what}</h2>
      <p className="bad-text">{message}</p>
      {isDenied && (
        <p>
          Whoever manages it can grant that, as can the administrators of this server: ask one of
          them.
        </p>
      )}
      <p className="row-of-buttons">
        {retry && !isDenied && (
          <Button icon="refresh" onClick={retry}>
            Try again
          </Button>
        )}
        <CopyButton text={details} label="Copy details" />
      </p>
    </div>
  );
}

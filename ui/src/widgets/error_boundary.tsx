/** Keeps the rest of the page when a part of it cannot be drawn, and says what happened. */
import { Component, type ReactNode } from "react";
import { Button } from "./button";
import { CopyButton } from "./copy";

interface State {
  error: Error | undefined;
}

/** A part of the program that is not on the server any more is the usual reason: reloading helps. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="panel-note" role="alert">
        <h2>This page could not be drawn</h2>
        <p className="bad-text">{error.message}</p>
        <p>
          If the server was updated or restarted since this page was opened, loading it again helps.
        </p>
        <p className="row-of-buttons">
          <Button icon="refresh" onClick={() => window.location.reload()}>
            Load again
          </Button>
          <CopyButton text={error.stack ?? error.message} label="Copy details" />
        </p>
      </div>
    );
  }
}

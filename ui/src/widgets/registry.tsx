/** What the registry's pages are made of: stages, aliases and versions as they stand in a line. */
import { places } from "../data/address";
import { toneOf } from "../data/stages";
import { Icon } from "./icons";

/** A stage: its colour and shape tell what its name says. */
export function StageMark({ stage }: { stage: string }) {
  const tone = toneOf(stage);
  return (
    <span className={`stage ${tone}`}>
      <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true">
        {tone === "quiet" ? (
          <circle cx="4" cy="4" r="3" fill="none" stroke="currentColor" strokeWidth="1.4" />
        ) : tone === "running" ? (
          <path d="M4 .5 7.5 4 4 7.5.5 4Z" fill="currentColor" />
        ) : (
          <circle cx="4" cy="4" r="3.5" fill="currentColor" />
        )}
      </svg>
      <span className="ellipsis">{stage}</span>
    </span>
  );
}

/** An alias; `version` is said where it is not clear from the place. */
export function AliasMark({ alias, version }: { alias: string; version?: string }) {
  return (
    <span className="alias" title={version ? `@${alias}: version ${version}` : `@${alias}`}>
      @{alias}
      {version && <i> {version}</i>}
    </span>
  );
}

interface VersionLinkProps {
  name: string;
  version: string;
  /** Only the number, where the column says that it is a version. */
  isShort?: boolean;
  inSentence?: boolean;
}

/** The way to a version. */
export function VersionLink({ name, version, isShort, inSentence }: VersionLinkProps) {
  return (
    <a className="version-link" href={places.version(name, version)}>
      {isShort ? version : `${inSentence ? "version" : "Version"} ${version}`}
    </a>
  );
}

const STATUSES: Record<string, { word: string; tone: string }> = {
  READY: { word: "Ready", tone: "good" },
  PENDING_REGISTRATION: { word: "Pending", tone: "running" },
  FAILED_REGISTRATION: { word: "Failed", tone: "bad" },
};

/** Whether a version can be used. */
export function VersionStatus({
  status = "READY",
  message,
}: {
  status?: string;
  message?: string;
}) {
  const { word, tone } = STATUSES[status] ?? { word: status, tone: "quiet" };
  return (
    <span className={`version-status ${tone}`} title={message || word}>
      <Icon name={tone === "good" ? "check" : tone === "bad" ? "close" : "clock"} size={12} />
      {word}
    </span>
  );
}

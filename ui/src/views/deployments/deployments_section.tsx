/** Where a version runs: since when, from which image; and where it ran before. */
import { type ReactNode, useState } from "react";
import type { Deployment } from "../../api/types.gen";
import {
  MOST_EARLIER,
  shortDigest,
  useDeployments,
  useLiveDeployments,
} from "../../data/deployments";
import { safeLink } from "../../data/safe_links";
import { roughDuration } from "../../data/times";
import { CopyButton } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { Section } from "../../widgets/section";
import { Time } from "../../widgets/values";

interface DeploymentsSectionProps {
  name: string;
  version: string;
}

/** Nothing where it was never deployed. */
export function DeploymentsSection({ name, version }: DeploymentsSectionProps) {
  const live = useLiveDeployments(name).get(version) ?? [];
  const newest = useDeployments(name, version).data ?? [];
  const earlier = newest.filter((deployment) => deployment.state !== "live");
  if (live.length === 0 && earlier.length === 0) return null;
  return (
    <Section title="Deployments" note={live.length > 0 ? `${live.length} live` : "none live"}>
      {live.map((deployment) => (
        <LiveDeployment key={deployment.deployment_id} deployment={deployment} />
      ))}
      {earlier.length > 0 && (
        <Earlier deployments={earlier} hasMore={newest.length === MOST_EARLIER} />
      )}
    </Section>
  );
}

function LiveDeployment({ deployment }: { deployment: Deployment }) {
  const { creation_time, user_id, revision, image, image_digest, address } = deployment;
  return (
    <div className="deployment">
      <Place deployment={deployment} />
      <Fact word="Since">
        <Time at={creation_time} />
        {user_id && <span>by {user_id}</span>}
        <span className="faint">revision {revision}</span>
      </Fact>
      {(image || image_digest) && (
        <Fact word="Image">
          {image && (
            <span className="code ellipsis" title={image}>
              {image}
            </span>
          )}
          {image_digest && <Digest digest={image_digest} />}
        </Fact>
      )}
      {address && (
        <Fact word="Address">
          <Address address={address} />
        </Fact>
      )}
    </div>
  );
}

function Place({ deployment }: { deployment: Deployment }) {
  const { name, endpoint, target, state } = deployment;
  return (
    <p className="deployment-place">
      {state === "live" && <i className="live-dot" />}
      <b className="ellipsis" title={name}>
        {name}
      </b>
      {endpoint && <span className="ellipsis">endpoint {endpoint}</span>}
      <span className="code faint ellipsis" title={target}>
        {target}
      </span>
    </p>
  );
}

function Fact({ word, children }: { word: string; children: ReactNode }) {
  return (
    <div className="deployment-fact">
      <span className="faint">{word}</span>
      <span className="deployment-value">{children}</span>
    </div>
  );
}

function Digest({ digest }: { digest: string }) {
  return (
    <span className="deployment-digest">
      <span className="code faint" title={digest}>
        {shortDigest(digest)}
      </span>
      <CopyButton text={digest} label="Copy the digest of the image" />
    </span>
  );
}

/** A link if it leads to a website; what else it may say stays text. */
function Address({ address }: { address: string }) {
  const link = /^https?:/i.test(address) ? safeLink(address) : undefined;
  return (
    <>
      {link ? (
        <a className="version-link" href={link} target="_blank" rel="noreferrer noopener">
          {address}
        </a>
      ) : (
        <span className="code ellipsis" title={address}>
          {address}
        </span>
      )}
      <CopyButton text={address} label="Copy the address" />
    </>
  );
}

interface EarlierProps {
  deployments: Deployment[];
  hasMore: boolean;
}

function Earlier({ deployments, hasMore }: EarlierProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="deployment-earlier">
      <button
        type="button"
        className="fact-heading"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="forward" size={12} />
        Earlier
        <span className="faint">
          {deployments.length}
          {hasMore && "+"}
        </span>
      </button>
      {isOpen &&
        deployments.map((deployment) => (
          <div key={deployment.deployment_id} className="deployment past">
            <Place deployment={deployment} />
            <Past deployment={deployment} />
          </div>
        ))}
    </div>
  );
}

function Past({ deployment }: { deployment: Deployment }) {
  const { state, creation_time, end_time, user_id, revision, image_digest } = deployment;
  return (
    <p className="deployment-past">
      <span>
        {state} <Time at={end_time} />
      </span>
      {end_time !== undefined && <span>ran {roughDuration(end_time - creation_time)}</span>}
      {user_id && <span>deployed by {user_id}</span>}
      <span className="faint">revision {revision}</span>
      {image_digest && <Digest digest={image_digest} />}
    </p>
  );
}

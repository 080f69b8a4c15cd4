/** The right of a version's page: its signature, and how to load, serve and call it. */

import { serverAddress } from "../../api/client";
import type { ModelVersion } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import type { Manifest } from "../../data/manifest";
import { folderOf, useManifest, useServingExample } from "../../data/model_files";
import { useLineage } from "../../data/model_versions";
import { fileSize } from "../../data/numbers";
import { curlCommand, examplePayload, loadSnippet, serveCommand } from "../../data/snippets";
import { isInUse } from "../../data/stages";
import { Choice } from "../../widgets/button";
import { CodeBlock } from "../../widgets/copy";
import { Failure, Loading } from "../../widgets/panels";
import { Section } from "../../widgets/section";
import { SignatureTables } from "./signature_tables";

export function UsePane({ version }: { version: ModelVersion }) {
  const lineage = useLineage(version.name, version.version);
  const folder = folderOf(version, lineage.data);
  const manifest = useManifest(folder);
  const example = useServingExample(folder, manifest.data?.servingExample);
  const payload = example.data ?? examplePayload(manifest.data?.signature);
  const isLoading = lineage.isPending || (folder !== undefined && manifest.isPending);
  return (
    <section className="use" aria-label="Use">
      <Section title="Signature" note={manifest.data && flavoursOf(manifest.data)}>
        {isLoading && <Loading rows={3} />}
        {!isLoading && !folder && (
          <p className="pane-note">
            The files of this version are not kept by this server, so its signature cannot be shown.
          </p>
        )}
        {manifest.isError && (
          <Failure
            what="The MLmodel file could not be read"
            error={manifest.error}
            retry={() => void manifest.refetch()}
          />
        )}
        {manifest.data?.signature && <SignatureTables signature={manifest.data.signature} />}
        {manifest.data && !manifest.data.signature && <NoSignature />}
      </Section>
      <Commands version={version} payload={payload} />
    </section>
  );
}

function flavoursOf({ flavors, size, pythonVersion }: Manifest): string {
  const names = flavors
    .filter(({ name }) => name !== "python_function")
    .map(({ name, version }) => (version ? `${name} ${version}` : name));
  if (pythonVersion) names.push(`Python ${pythonVersion}`);
  if (size) names.push(fileSize(size));
  return names.join(" · ");
}

function NoSignature() {
  return (
    <>
      <p className="pane-note">
        The model was logged without a signature, so nothing checks what it is given. An example
        makes one:
      </p>
      <div className="use-code">
        <CodeBlock
          code={'millstream.sklearn.log_model(model, name="model", input_example=data.head())'}
        />
      </div>
    </>
  );
}

/** What a copied command names: this very version, or whatever a stage or an alias leads to then. */
function urisOf({ name, version, current_stage = "None", aliases = [] }: ModelVersion) {
  const followed = aliases.map((alias) => ({
    label: `@${alias}`,
    uri: `models:/${name}@${alias}`,
  }));
  if (isInUse(current_stage)) {
    followed.push({ label: current_stage, uri: `models:/${name}/${current_stage}` });
  }
  return [{ label: `Version ${version}`, uri: `models:/${name}/${version}` }, ...followed];
}

function Commands({ version, payload }: { version: ModelVersion; payload: string }) {
  const { query } = useAddress();
  const uris = urisOf(version);
  const chosen = uris.find(({ label }) => label === query.get("uri")) ?? uris[0];
  const uri = chosen?.uri ?? "";
  const server = serverAddress();
  return (
    <Section
      title="Use it"
      action={
        uris.length > 1 && (
          <Choice
            label="What the commands name"
            value={chosen?.label ?? ""}
            options={uris.map(({ label }) => ({ value: label, label }))}
            onChange={(to) => changeQuery({ uri: to === uris[0]?.label ? "" : to })}
          />
        )
      }
    >
      <div className="use-code">
        <h3>Load it in Python</h3>
        <CodeBlock code={loadSnippet(server, uri)} />
        <h3>Serve it on this machine</h3>
        <CodeBlock code={serveCommand(server, uri)} />
        <h3>Ask it for predictions</h3>
        <CodeBlock code={curlCommand(payload)} />
      </div>
    </Section>
  );
}

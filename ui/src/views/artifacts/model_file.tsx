/** A model's folder, by its MLmodel file: flavours, signature, files beside it, how to load it. */
import { useState } from "react";
import { serverAddress } from "../../api/client";
import type { FileInfo } from "../../api/types.gen";
import { changeQuery } from "../../data/address";
import { useFolder } from "../../data/artifacts";
import type { Manifest } from "../../data/manifest";
import { type Folder, useManifest, useServingExample } from "../../data/model_files";
import { fileUri, pathInModel } from "../../data/model_paths";
import { fileSize } from "../../data/numbers";
import {
  curlCommand,
  examplePayload,
  loadNativeSnippet,
  loadSnippet,
  nativeFlavor,
  serveCommand,
} from "../../data/snippets";
import { Choice } from "../../widgets/button";
import { CodeBlock } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { Failure, Loading } from "../../widgets/panels";
import { Section } from "../../widgets/section";
import { SignatureTables } from "../model_versions/signature_tables";
import { Body } from "./body";
import type { FileProps } from "./file";
import { TextFile } from "./text_file";

type View = "model" | "source";
const VIEWS: { value: View; label: string }[] = [
  { value: "model", label: "Model" },
  { value: "source", label: "Source" },
];

export function ModelFile(file: FileProps) {
  const [view, setView] = useState<View>("model");
  const { run_id } = file.run.info;
  const path = file.path.split("/").slice(0, -1).join("/");
  const folder = modelFolderOf(run_id, path);
  const manifest = useManifest(folder);
  return (
    <>
      <div className="preview-bar">
        <Choice label="Show" value={view} options={VIEWS} onChange={setView} />
      </div>
      {view === "source" && <TextFile {...file} />}
      {view === "model" && manifest.isPending && <Loading rows={6} />}
      {view === "model" && manifest.isError && (
        <Failure
          what="The MLmodel file could not be read"
          error={manifest.error}
          retry={() => void manifest.refetch()}
        />
      )}
      {view === "model" && manifest.data && (
        <Body kind="use">
          <Model run_id={run_id} path={path} folder={folder} manifest={manifest.data} />
        </Body>
      )}
    </>
  );
}

/** A logged model's own folder, or a folder of the run. */
function modelFolderOf(run_id: string, path: string): Folder {
  const model = pathInModel(path);
  return model?.inner === "" ? { model_id: model.model_id } : { run_id, path };
}

interface ModelProps {
  run_id: string;
  path: string;
  folder: Folder;
  manifest: Manifest;
}

function Model({ run_id, path, folder, manifest }: ModelProps) {
  const example = useServingExample(folder, manifest.servingExample);
  const payload = example.data ?? examplePayload(manifest.signature);
  const server = serverAddress();
  const uri = fileUri(run_id, path);
  const native = nativeFlavor(manifest.flavors.map(({ name }) => name));
  return (
    <>
      <Section title="Flavors">
        <ul className="flavors">
          {manifest.flavors.map(({ name, version }) => (
            <li key={name}>
              {name} <span className="faint">{version}</span>
            </li>
          ))}
          {manifest.pythonVersion && <li className="faint">Python {manifest.pythonVersion}</li>}
          {manifest.size && <li className="faint">{fileSize(manifest.size)}</li>}
        </ul>
      </Section>
      <Section title="Signature">
        {manifest.signature ? (
          <SignatureTables signature={manifest.signature} />
        ) : (
          <p className="pane-note">The model was logged without a signature.</p>
        )}
      </Section>
      <FilesBeside run_id={run_id} path={path} />
      <Section title="Use it">
        <div className="use-code">
          <h3>Load it in Python</h3>
          <CodeBlock code={loadSnippet(server, uri)} />
          {native && (
            <>
              <h3>Load it as {native} saved it</h3>
              <CodeBlock code={loadNativeSnippet(server, uri, native)} />
            </>
          )}
          <h3>Serve it on this machine</h3>
          <CodeBlock code={serveCommand(server, uri)} />
          <h3>Ask it for predictions</h3>
          <CodeBlock code={curlCommand(payload)} />
        </div>
      </Section>
    </>
  );
}

/** The example and the files of the environment, a click away. */
function FilesBeside({ run_id, path }: { run_id: string; path: string }) {
  const files = (useFolder(run_id, path).data ?? []).filter((file) => !file.is_dir);
  const beside = files.filter((file) => nameOf(file) !== "MLmodel");
  if (beside.length === 0) return null;
  return (
    <Section title="Files" note={beside.length}>
      <ul className="files-beside">
        {beside.map((file) => (
          <li key={file.path}>
            <button type="button" onClick={() => changeQuery({ path: file.path })}>
              <Icon name="file" size={13} />
              <span className="ellipsis">{nameOf(file)}</span>
              <span className="faint">{fileSize(file.file_size ?? 0)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function nameOf(file: FileInfo): string {
  return file.path.split("/").at(-1) ?? file.path;
}

/** An HTML file in a frame that belongs to no origin and reaches no network. */
import { useState } from "react";
import { fileAddress, type Sandbox, useHasSandbox } from "../../data/artifacts";
import { PLOTLY_HOST, scriptsIn } from "../../data/html_scripts";
import { Button, Choice } from "../../widgets/button";
import { WithBeginning } from "./beginning";
import type { FileProps } from "./file";
import { TextBody } from "./text_file";

type View = "page" | "source";
const VIEWS: { value: View; label: string }[] = [
  { value: "page", label: "Page" },
  { value: "source", label: "Source" },
];

export function HtmlFile(file: FileProps) {
  // Never in the address: a link must not be able to ask for scripts.
  const [runsScripts, setRunsScripts] = useState(false);
  const [view, setView] = useState<View>("page");
  return (
    <WithBeginning file={file}>
      {({ text, isWhole }) => {
        const { hasScripts, hosts } = scriptsIn(text);
        return (
          <>
            <div className="preview-bar">
              <Choice label="Show" value={view} options={VIEWS} onChange={setView} />
              {view === "page" && (hasScripts || !isWhole) && (
                <Button
                  icon={runsScripts ? "close" : "forward"}
                  title="They run cut off from this page, from your session and from the network"
                  onClick={() => setRunsScripts(!runsScripts)}
                >
                  {runsScripts ? "Stop scripts" : "Run scripts in a sandbox"}
                </Button>
              )}
            </div>
            {view === "page" ? (
              <Page file={file} runsScripts={runsScripts} hosts={hosts} />
            ) : (
              <TextBody text={text} path={file.path} />
            )}
          </>
        );
      }}
    </WithBeginning>
  );
}

interface PageProps {
  file: FileProps;
  runsScripts: boolean;
  /** Where the file would fetch scripts from. */
  hosts: readonly string[];
}

/** Figures of Plotly get its library from this server; what others would fetch stays away. */
function Page({ file, runsScripts, hosts }: PageProps) {
  const { run_id } = file.run.info;
  const isFigure = hosts.includes(PLOTLY_HOST);
  const library = useHasSandbox(run_id, file.path, "plotly", isFigure && runsScripts);
  const others = hosts.filter((host) => host !== PLOTLY_HOST);
  const notes = [
    runsScripts && library.error?.message,
    runsScripts && others.length > 0
      ? `It wants scripts from ${others.join(", ")}, which the sandbox does not reach.`
      : undefined,
  ].filter(Boolean);
  if (runsScripts && library.isLoading) return null;
  const sandbox: Sandbox = !runsScripts ? "static" : library.isSuccess ? "plotly" : "scripts";
  return (
    <>
      {notes.map((note) => (
        <p key={String(note)} className="pane-note">
          {note}
        </p>
      ))}
      <iframe
        key={sandbox}
        className="preview-frame"
        title={file.path}
        src={fileAddress(run_id, file.path, sandbox)}
        sandbox={runsScripts ? "allow-scripts" : ""}
        referrerPolicy="no-referrer"
      />
    </>
  );
}

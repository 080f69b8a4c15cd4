/** An HTML file in a frame that belongs to no origin and reaches no network. */
import { useState } from "react";
import { fileAddress } from "../../data/artifacts";
import { scriptsIn } from "../../data/html_scripts";
import { Button, Choice } from "../../widgets/button";
import { WithBeginning } from "./beginning";
import type { FileProps } from "./file";
import { TextBody } from "./text_file";

type View = "page" | "source";
const VIEWS: { value: View; label: string }[] = [
  { value: "page", label: "Page" },
  { value: "source", label: "Source" },
];

export default function HtmlFile(file: FileProps) {
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
            {view === "page" && hosts.length > 0 && (
              <p className="pane-note">
                It wants scripts from {hosts.join(", ")}, which the sandbox does not reach. A file
                that has them inside works:{" "}
                <code className="code">
                  log_figure(figure, "{file.path}", save_kwargs={'{"include_plotlyjs": True}'})
                </code>{" "}
                writes such a one of Plotly.
              </p>
            )}
            {view === "page" ? (
              <Frame file={file} runsScripts={runsScripts} />
            ) : (
              <TextBody text={text} path={file.path} />
            )}
          </>
        );
      }}
    </WithBeginning>
  );
}

function Frame({ file, runsScripts }: { file: FileProps; runsScripts: boolean }) {
  const mode = runsScripts ? "scripts" : "static";
  return (
    <iframe
      key={mode}
      className="preview-frame"
      title={file.path}
      src={fileAddress(file.run.info.run_id, file.path, mode)}
      sandbox={runsScripts ? "allow-scripts" : ""}
      referrerPolicy="no-referrer"
    />
  );
}

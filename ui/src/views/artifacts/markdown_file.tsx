/** A text in Markdown, with the images beside it. */
import { useState } from "react";
import { fileAddress } from "../../data/artifacts";
import { pathBeside } from "../../data/safe_links";
import { Choice } from "../../widgets/button";
import { Markdown } from "../../widgets/markdown";
import { WithBeginning } from "./beginning";
import { Body } from "./body";
import type { FileProps } from "./file";
import { TextBody } from "./text_file";

type View = "read" | "source";
const VIEWS: { value: View; label: string }[] = [
  { value: "read", label: "Read" },
  { value: "source", label: "Source" },
];

export function MarkdownFile(file: FileProps) {
  const [view, setView] = useState<View>("read");
  const { run_id } = file.run.info;
  const folder = file.path.split("/").slice(0, -1).join("/");
  const imageAddress = (address: string) => {
    const path = pathBeside(folder, address);
    return path && fileAddress(run_id, path);
  };
  return (
    <WithBeginning file={file}>
      {({ text }) => (
        <>
          <div className="preview-bar">
            <Choice label="Show" value={view} options={VIEWS} onChange={setView} />
          </div>
          {view === "read" ? (
            <Body kind="padded">
              <Markdown text={text} imageAddress={imageAddress} />
            </Body>
          ) : (
            <TextBody text={text} path={file.path} />
          )}
        </>
      )}
    </WithBeginning>
  );
}

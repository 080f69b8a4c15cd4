/** Text and code. */
import { languageOf } from "../../data/file_kinds";
import { Code } from "../../widgets/code";
import { WithBeginning } from "./beginning";
import { Body } from "./body";
import type { FileProps } from "./file";

export function TextFile(file: FileProps) {
  return (
    <WithBeginning file={file}>
      {({ text }) => <TextBody text={text} path={file.path} />}
    </WithBeginning>
  );
}

/** Code keeps its lines; the lines of logs are broken where the pane ends. */
export function TextBody({ text, path }: { text: string; path: string }) {
  const language = languageOf(path);
  return (
    <Body kind={language ? "" : "wrapped"}>
      <Code text={text} language={language} hasNumbers={language !== undefined} />
    </Body>
  );
}

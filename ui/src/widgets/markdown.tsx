/** Markdown as elements of the page; what reads it is loaded with the first text. */
import { later } from "./later";
import type { MarkdownProps } from "./markdown_elements";

const Elements = later(
  async () => (await import("./markdown_elements")).MarkdownElements,
  ({ text }: MarkdownProps) => <pre className="markdown-waiting">{text}</pre>,
);

/** Nothing in the text is HTML for us: tags in it are shown as the letters they are. */
export function Markdown(props: MarkdownProps) {
  return (
    <div className="markdown">
      <Elements {...props} />
    </div>
  );
}

/** Markdown as elements of the page; what reads it is loaded with the first text. */
import { lazy, Suspense } from "react";
import type { MarkdownProps } from "./markdown_elements";

const Elements = lazy(() => import("./markdown_elements"));

/** Nothing in the text is HTML for us: tags in it are shown as the letters they are. */
export function Markdown(props: MarkdownProps) {
  return (
    <div className="markdown">
      <Suspense fallback={<pre className="markdown-waiting">{props.text}</pre>}>
        <Elements {...props} />
      </Suspense>
    </div>
  );
}

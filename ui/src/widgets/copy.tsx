/** Copying: ids, exact numbers, code. */
import { useState } from "react";
import { Icon, type IconName } from "./icons";

/** Puts a text on the clipboard, also where the page is not served over HTTPS. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "off-screen";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function useCopied(): [boolean, (text: string) => void] {
  const [isCopied, setCopied] = useState(false);
  const copy = (text: string) => {
    void copyText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1_200);
    });
  };
  return [isCopied, copy];
}

interface CopyButtonProps {
  text: string;
  label: string;
  icon?: IconName;
}

/** A small button that copies. */
export function CopyButton({ text, label, icon = "copy" }: CopyButtonProps) {
  const [isCopied, copy] = useCopied();
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={isCopied ? "Copied" : label}
      onClick={(event) => {
        event.stopPropagation();
        copy(text);
      }}
    >
      <Icon name={isCopied ? "check" : icon} size={14} />
    </button>
  );
}

/** An id, shortened; a click copies the whole. */
export function ShortId({ id, length = 8 }: { id: string; length?: number }) {
  const [isCopied, copy] = useCopied();
  return (
    <button
      type="button"
      className="short-id"
      title={`${id} · click to copy`}
      onClick={() => copy(id)}
    >
      {isCopied ? "copied" : id.slice(0, length)}
    </button>
  );
}

/** Lines of code with a button that copies them. */
export function CodeBlock({ code, label = "Copy code" }: { code: string; label?: string }) {
  return (
    <div className="code-block">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll long lines */}
      <pre tabIndex={0}>{code}</pre>
      <CopyButton text={code} label={label} />
    </div>
  );
}

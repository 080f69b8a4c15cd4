/** Which addresses in what people wrote may be followed or shown. */

const SCHEMES = ["http:", "https:", "mailto:"];

/** The address of a link if it leads to a website or a mailbox; undefined for anything else. */
export function safeLink(address: string): string | undefined {
  // Browsers ignore these letters inside an address, so that they could hide a scheme.
  const plain = [...address].filter((letter) => letter > " " && letter !== "\u007f").join("");
  try {
    const url = new URL(plain);
    return SCHEMES.includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined; // relative: it would lead into our own pages
  }
}

/** The path of a file beside another, as images in texts name it; undefined if it leads elsewhere. */
export function pathBeside(folder: string, address: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(address) || address.startsWith("//")) return undefined;
  const parts = address.startsWith("/") ? [] : folder.split("/").filter(Boolean);
  for (const part of decoded(address.replace(/[?#].*$/s, "")).split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part && part !== ".") parts.push(part);
  }
  return parts.length > 0 ? parts.join("/") : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % that someone typed
  }
}

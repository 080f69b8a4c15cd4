/** Bytes as people read them. */

const ACROSS = 16;

/** Lines of an offset, sixteen bytes in hexadecimal, and those of them that are ASCII letters. */
export function hexLines(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += ACROSS) {
    const some = [...bytes.subarray(at, at + ACROSS)];
    const codes = some.map((byte) => byte.toString(16).padStart(2, "0"));
    const letters = some.map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·",
    );
    const offset = at.toString(16).padStart(8, "0");
    lines.push(`${offset}  ${codes.join(" ").padEnd(ACROSS * 3 - 1)}  ${letters.join("")}`);
  }
  return lines;
}

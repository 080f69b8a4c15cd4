/** Two texts line by line: what is alike, what only the one or the other has. */

/** One line; its numbers in both texts count from 1. A fold stands for lines that are alike. */
export type DifferenceLine =
  | { kind: "same" | "removed" | "added"; text: string; left?: number; right?: number }
  | { kind: "fold"; count: number };

/** Texts that differ in more lines than this are not compared: nobody would read it. */
const MOST_EDITS = 2_000;
/** The page stands still for so long at most; in milliseconds. */
const LONGEST_WAIT = 500;
/** Lines that are alike and stand around those that are not. */
const AROUND = 3;

/** All lines of both texts; undefined if they differ too much to be compared. */
export async function compareLines(
  left: string,
  right: string,
): Promise<DifferenceLine[] | undefined> {
  const { diffLines } = await import("diff/lib/diff/line.js");
  const options = { maxEditLength: MOST_EDITS, timeout: LONGEST_WAIT };
  const changes = diffLines(withEnd(left), withEnd(right), options);
  if (!changes) return undefined;
  const lines: DifferenceLine[] = [];
  let leftAt = 0;
  let rightAt = 0;
  for (const { value, added, removed } of changes) {
    for (const text of value.replace(/\n$/, "").split("\n")) {
      if (added) lines.push({ kind: "added", text, right: ++rightAt });
      else if (removed) lines.push({ kind: "removed", text, left: ++leftAt });
      else lines.push({ kind: "same", text, left: ++leftAt, right: ++rightAt });
    }
  }
  return lines;
}

/** The last line of a file is a line, whether or not it ends; so do lines end alike everywhere. */
function withEnd(text: string): string {
  const lines = text.replace(/\r\n/g, "\n");
  return lines === "" || lines.endsWith("\n") ? lines : `${lines}\n`;
}

/** The lines with long stretches that are alike folded into one. */
export function foldSame(lines: readonly DifferenceLine[]): DifferenceLine[] {
  const isNear = new Array<boolean>(lines.length).fill(false);
  for (const [at, line] of lines.entries()) {
    if (line.kind === "same") continue;
    isNear.fill(true, Math.max(0, at - AROUND), Math.min(lines.length, at + AROUND + 1));
  }
  const folded: DifferenceLine[] = [];
  for (const [at, line] of lines.entries()) {
    const last = folded.at(-1);
    if (isNear[at]) folded.push(line);
    else if (last?.kind === "fold") last.count += 1;
    else folded.push({ kind: "fold", count: 1 });
  }
  return folded;
}

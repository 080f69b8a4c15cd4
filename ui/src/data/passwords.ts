/** What a new password has to be. */

const SHORTEST = 12;

/** What is wrong with a password that was typed twice; undefined if nothing is. */
export function passwordProblem(password: string, again: string): string | undefined {
  const length = [...password].length;
  if (length < SHORTEST) {
    return `The password has ${length} ${length === 1 ? "character" : "characters"}; at least ${SHORTEST} are needed.`;
  }
  if (password !== again) return "The two passwords are not the same.";
  return undefined;
}

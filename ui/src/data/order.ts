/** The order of names as people expect it: what is written as a number counts as one. */

let collator: Intl.Collator | undefined;

/** Compares two names. The rules of the language, which are many, are read when first asked for. */
export function byName(a: string, b: string): number {
  collator ??= new Intl.Collator("en", { numeric: true });
  return collator.compare(a, b);
}

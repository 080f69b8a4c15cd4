/** What a page shows with each change to the server, and who hears that nobody is signed in. */

const WORD = "millstream-csrf";

/**
 * The word of this browser's session, which whatever changes something repeats; undefined without
 * one. Cookies are kept apart by the server's port, which a proxy may hide.
 */
export function sessionWord(
  cookies = document.cookie,
  port = window.location.port,
): string | undefined {
  const words = cookies
    .split("; ")
    .map((cookie) => cookie.split("="))
    .filter(([name]) => name === WORD || name?.startsWith(`${WORD}-`));
  const own = words.find(([name]) => name === (port ? `${WORD}-${port}` : WORD));
  return (own ?? words[0])?.[1];
}

const SAFE = ["GET", "HEAD"];

/** Options of a request with the word, if it changes something. */
export function withWord(options: RequestInit): RequestInit {
  const word = SAFE.includes(options.method ?? "GET") ? undefined : sessionWord();
  if (!word) return options;
  const headers = new Headers(options.headers);
  headers.set("X-CSRF-Token", word);
  return { ...options, headers };
}

const listeners = new Set<() => void>();

/** Calls the listener when the server says that nobody is signed in. */
export function whenRefused(listener: () => void): void {
  listeners.add(listener);
}

/** The server has said so. */
export function refused(): void {
  for (const listener of listeners) listener();
}

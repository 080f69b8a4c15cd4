/** What an HTML file would need to come alive. */

/** Where figures of Plotly look for its library, unless they were written with it inside. */
export const PLOTLY_HOST = "cdn.plot.ly";

/** Whether a text has scripts, and which other hosts they would be fetched from. */
export function scriptsIn(html: string): { hasScripts: boolean; hosts: string[] } {
  const hosts = new Set<string>();
  for (const [, address] of html.matchAll(
    /<script\b[^>]*?\ssrc\s*=\s*["']?((?:https?:)?\/\/[^"'\s>]+)/gi,
  )) {
    try {
      hosts.add(new URL(address ?? "", "https://unknown.invalid").host);
    } catch {
      // No address at all: nothing would be fetched from it.
    }
  }
  return { hasScripts: /<script\b/i.test(html), hosts: [...hosts] };
}

import { expect, test } from "vitest";
import { scriptsIn } from "../src/data/html_scripts";
import { type PlainNode, plainHtml } from "../src/data/safe_html";
import { pathBeside, safeLink } from "../src/data/safe_links";

test("only websites and mailboxes can be followed", () => {
  expect(safeLink("https://example.org/a?b#c")).toBe("https://example.org/a?b#c");
  expect(safeLink("mailto:ann@example.org")).toBe("mailto:ann@example.org");
  for (const address of [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.org/1",
    "#/experiments",
    "//example.org",
    "plain",
    "",
  ]) {
    expect(safeLink(address), address).toBeUndefined();
  }
});

test("images are found beside the text, and nowhere else", () => {
  expect(pathBeside("", "plots/a.png")).toBe("plots/a.png");
  expect(pathBeside("docs", "../plots/a%20b.png?x#y")).toBe("plots/a b.png");
  expect(pathBeside("docs/deep", "/a.png")).toBe("a.png");
  expect(pathBeside("docs", "./a.png")).toBe("docs/a.png");
  expect(pathBeside("docs", "50%.png")).toBe("docs/50%.png");
  for (const address of [
    "https://x.org/a.png",
    "//x.org/a.png",
    "data:image/png,",
    "../../a",
    "",
  ]) {
    expect(pathBeside("docs", address), address).toBe(address === "" ? "docs" : undefined);
  }
});

/** The nodes as HTML again, to compare them with. */
function written(nodes: readonly PlainNode[]): string {
  return nodes
    .map((node) => {
      if (typeof node === "string") return node;
      const span = node.columns ? ` colspan=${node.columns}` : "";
      return `<${node.name}${span}>${written(node.children)}</${node.name}>`;
    })
    .join("");
}

test("a table keeps its cells and loses everything that acts", () => {
  const html = `<style scoped>td { color: red }</style>
<table onclick="x()" class="dataframe"><thead><tr><th colspan="2" style="a">A &amp; B</th></tr></thead>
<tr><td><a href="javascript:x()">1</a><td>&lt;b&gt;<img src=x onerror="x()"></table>`;
  const { nodes, needsScripts } = plainHtml(html);
  expect(needsScripts).toBe(false);
  expect(written(nodes).replace(/\s*\n\s*/g, "")).toBe(
    "<table><thead><tr><th colspan=2>A & B</th></tr></thead><tr><td>1</td><td><b></td></tr></table>",
  );
});

test("what scripts would fill is left out and told of", () => {
  const { nodes, needsScripts } = plainHtml("a<script>document.write('<p>b')</script >c");
  expect(needsScripts).toBe(true);
  expect(nodes).toEqual(["a", "c"]);
  expect(plainHtml("<svg><script>x</script><p>y</p></svg>z").nodes).toEqual(["z"]);
  expect(plainHtml("<script>never ended").nodes).toEqual([]);
});

test("what is no HTML stays the text it is", () => {
  expect(plainHtml("1 < 2 & 3 > 2 &nosuchname; &#65;&#x42;&#0;").nodes.join("")).toBe(
    "1 < 2 & 3 > 2 &nosuchname; AB\ufffd",
  );
  expect(written(plainHtml("<p>a<p>b</i></p><x-y>c</x-y><!-- d --><br>e").nodes)).toBe(
    "<p>a</p><p>b</p>c<br></br>e",
  );
});

test("scripts of a page are known before it is shown", () => {
  expect(scriptsIn("<p>x</p>")).toEqual({ hasScripts: false, hosts: [] });
  expect(scriptsIn("<SCRIPT>x</SCRIPT>")).toEqual({ hasScripts: true, hosts: [] });
  expect(
    scriptsIn('<script charset="utf-8" src="https://cdn.plot.ly/plotly-3.0.0.min.js"></script>'),
  ).toEqual({ hasScripts: true, hosts: ["cdn.plot.ly"] });
});

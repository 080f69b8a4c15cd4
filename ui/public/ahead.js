// Asks for what the page of this address is made of, beside the script that will ask for it.
(() => {
  const place = /^#\/experiments(?:\/([^/?]+)(\/runs\/[^/?]+)?)?(?:\?|$)/.exec(location.hash);
  if (!place) return;
  const [, experiment, run] = place;
  const pages = document.currentScript.dataset;
  const files = (run ? pages.run : experiment ? pages.runs : pages.experiments) ?? "";
  for (const href of files.split(" ").filter(Boolean)) {
    const link = Object.assign(document.createElement("link"), { rel: "modulepreload", href });
    link.crossOrigin = "";
    document.head.append(link);
  }
})();

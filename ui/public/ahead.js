// Asks for what the page of this address is made of, beside the script that will ask for it.
(() => {
  const place = /^#\/experiments(?:\/([\w-]+)(?:\/runs\/([\w-]+))?)?(?:\?|$)/.exec(location.hash);
  if (!place) return;
  const [, experiment_id, run_id] = place;
  const { experiments = "", runs = "", run = "" } = document.currentScript.dataset;
  const ask = (attributes) =>
    document.head.append(Object.assign(document.createElement("link"), attributes));
  const scripts = run_id ? run : experiment_id ? runs : experiments;
  for (const href of scripts.split(" ").filter(Boolean)) {
    ask({ rel: "modulepreload", href, crossOrigin: "" });
  }
  const data = (path) =>
    ask({ rel: "preload", as: "fetch", href: `ajax-api/2.0/mlflow/${path}`, crossOrigin: "" });
  if (run_id) data(`runs/get?run_id=${run_id}`);
  if (experiment_id) data(`experiments/get?experiment_id=${experiment_id}`);
})();

/* What is asked of a page while it works. Runs are found by their links, whatever draws them. */
(() => {
  const RUN = /\/runs\/[0-9a-f]{32}/;
  /* MLflow's first hundred runs are three sweeps with their trials folded away. */
  const ENOUGH = 3;
  const COMPARED = 10;
  const SETTLED = 1500;
  const frame = () => new Promise(requestAnimationFrame);

  function runLinks() {
    return [...document.querySelectorAll('a[href*="/runs/"]')].filter((link) => {
      const place = link.getBoundingClientRect();
      const inSight = place.height > 0 && place.bottom > 0 && place.top < innerHeight;
      return inSight && RUN.test(link.href) && link.textContent.trim();
    });
  }

  function order() {
    const placed = runLinks().map((link) => [link.getBoundingClientRect().top, RUN.exec(link.href)[0]]);
    placed.sort((one, other) => one[0] - other[0]);
    return placed.slice(0, COMPARED).map(([, run]) => run).join();
  }

  /* A plot counts as drawn when its canvas has ink, or its picture has lines. */
  const inked = new WeakMap();
  function ink(canvas) {
    if (!canvas.width || !canvas.height) return 0;
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let sum = 0;
    for (let at = 3; at < pixels.length; at += 4) sum = (sum * 31 + pixels[at]) | 0;
    return sum;
  }
  function plots() {
    const canvases = [...document.querySelectorAll("canvas")].filter((canvas) => {
      if (!inked.has(canvas) && ink(canvas) !== 0) inked.set(canvas, true);
      return inked.has(canvas);
    });
    return canvases.length + document.querySelectorAll(".js-plotly-plot path.js-line").length;
  }
  function picture() {
    const canvas = document.querySelector("canvas");
    const path = document.querySelector(".js-plotly-plot path.js-line");
    return path ? path.getAttribute("d") : canvas ? String(ink(canvas)) : "";
  }

  /* The moment, in ms since navigation, of the last change of `read` before a quiet while. */
  async function lastChange(read, began, least) {
    let value = read();
    let changed;
    for (;;) {
      await frame();
      const now = performance.now();
      const found = read();
      if (found !== value && (least === undefined || found >= least)) changed = now;
      value = found;
      if (changed !== undefined && now - changed > SETTLED) return changed - began;
      if (now - began > 60000) return null;
    }
  }

  window.probe = {
    /* ms since navigation until rows of runs are on the screen. */
    async usable() {
      while (runLinks().length < ENOUGH) await frame();
      await frame();
      return performance.now();
    },
    /* ms since navigation until the last of the plots in sight was drawn. */
    drawn: () => lastChange(plots, 0, 1),
    /* ms from a new address until the last of its plots in sight was drawn. */
    opened(hash) {
      const began = performance.now();
      location.hash = hash;
      return lastChange(plots, began, 1);
    },
    plots,
    /* ms from a new address until other rows are on the screen. */
    async changed(hash) {
      const before = order();
      const began = performance.now();
      location.hash = hash;
      for (;;) {
        await frame();
        const now = order();
        if (now && now !== before) break;
        if (performance.now() - began > 30000) return null;
      }
      await frame();
      return performance.now() - began;
    },
    order,
    /* Frames per second while so many pixels go by, and the share of frames that showed rows. */
    async scroll(distance, speed) {
      let box = runLinks()[0];
      const scrolls = (node) =>
        node.scrollHeight > node.clientHeight + 50 && /auto|scroll/.test(getComputedStyle(node).overflowY);
      while (box && !scrolls(box)) box = box.parentElement;
      if (!box) throw new Error("nothing around the runs can be scrolled");
      let travelled = 0;
      let frames = 0;
      let shown = 0;
      let longest = 0;
      let direction = 1;
      let before = await frame();
      const began = before;
      while (travelled < distance) {
        const place = box.scrollTop;
        const now = await frame();
        longest = Math.max(longest, now - before);
        box.scrollTop += (direction * speed * Math.min(now - before, 100)) / 1000;
        before = now;
        frames += 1;
        if (runLinks().length > 5) shown += 1;
        const moved = Math.abs(box.scrollTop - place);
        travelled += moved;
        if (moved < 1) direction = -direction;
        if (now - began > 120000) throw new Error(`only ${travelled} pixels went by in two minutes`);
      }
      return { rate: (frames * 1000) / (before - began), longest, shown: shown / frames };
    },
    /* Begins to watch the first plot; `redrawn` tells how long after the pointer was released
       it changed last. */
    watchZoom() {
      window.redrawn = new Promise((resolve) => {
        addEventListener(
          "pointerup",
          () => resolve(lastChange(picture, performance.now())),
          { capture: true, once: true },
        );
      });
    },
  };
})();

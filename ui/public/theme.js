// Runs before anything is painted, so that nobody who chose the dark is met by a white page.
(() => {
  try {
    const chosen = localStorage.getItem("millstream.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is forbidden: the system decides.
  }
})();

// Before anything is drawn: the theme that was chosen here, so that nothing flashes.
(() => {
  try {
    const chosen = localStorage.getItem("penstock.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch { /* without storage the system's theme holds */ }
})();

/* Keeps data-theme on <html> equal to the resolved colour mode, from before the first paint on. */
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try { return localStorage.getItem("theme") || "system"; } catch { return "system"; }
  };
  const apply = () => {
    const chosen = stored();
    const system = dark.matches ? "dark" : "light";
    root.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : system;
  };
  const follow = () => {
    const shown = ["light", "dark"].find((name) => root.classList.contains(name));
    if (shown) root.dataset.theme = shown; else apply();
  };
  apply();
  dark.addEventListener("change", apply);
  new MutationObserver(follow).observe(root, { attributes: true, attributeFilter: ["class"] });
})();

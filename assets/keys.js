/* Keys of the workbench. They move, focus, open and close; none starts, approves, applies, cancels or pays.

   [data-row]          a row that j and k reach; Enter follows its [data-open] or first link
   [data-key="x"]      pressed by its key: in the current row if it is there, else the first on the page
   [data-rail="1"]     job link of that number
   [data-help]         opens or closes the list of keys
   [data-close="name"] the safe choice of an open dialog
*/
(() => {
  const SWITCH = "iama-single-keys";
  const PLACES = { j: "/jobs", r: "/repositories", u: "/usage", o: "/audit" };
  let leader = 0;

  const inField = (node) => node.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], .monaco-editor");
  const singleKeysOn = () => {
    try { return localStorage.getItem(SWITCH) !== "off"; } catch { return true; }
  };
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  const current = () => document.querySelector('[data-row][data-current="true"]');
  const follow = (href) => {
    const link = document.querySelector(`a[href="${href}"], a[href="${href}/"]`);
    if (link) link.click();
  };
  const help = () => {
    const panel = document.getElementById("keys-help");
    if (!panel) return;
    if (panel.open) { panel.close(); return; }
    document.getElementById("keys-switch").checked = singleKeysOn();
    panel.showModal();
  };
  const move = (step) => {
    const all = rows();
    if (!all.length) return false;
    const at = all.indexOf(current());
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    all.forEach((row) => row.removeAttribute("data-current"));
    next.setAttribute("data-current", "true");
    next.scrollIntoView({ block: "nearest" });
    const target = next.querySelector("[data-open], a, button");
    (target || next).focus({ preventScroll: true });
    return true;
  };
  const press = (key) => {
    const row = current();
    const name = `[data-key="${CSS.escape(key)}"]`;
    const target = row?.querySelector(name) || [...document.querySelectorAll(name)].find((node) => node.offsetParent !== null);
    if (!target || target.disabled) return false;
    target.click();
    return true;
  };
  const open = (event) => {
    if (event.target.closest?.("a, button, summary, input")) return false;
    const target = current()?.querySelector("[data-open], a");
    if (!target) return false;
    target.click();
    return true;
  };
  const trap = (event) => {
    const panel = document.querySelector(".overlay [role=dialog]");
    if (!panel) return false;
    if (event.key === "Escape") { panel.parentElement.querySelector("[data-close]")?.click(); return true; }
    if (event.key !== "Tab") return false;
    const stops = [...panel.querySelectorAll("a[href], button:not(:disabled), input:not(:disabled), select, textarea, [tabindex='0']")];
    if (!stops.length) return false;
    const last = stops.at(event.shiftKey ? 0 : -1);
    if (panel.contains(document.activeElement) && document.activeElement !== last) return false;
    stops.at(event.shiftKey ? -1 : 0).focus();
    return true;
  };
  const closeMenus = (except) => document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(except)) menu.removeAttribute("open");
  });
  const single = (event) => {
    const { key } = event;
    if (Date.now() - leader < 1200) {
      leader = 0;
      if (PLACES[key]) { follow(PLACES[key]); return true; }
    }
    if (key === "g") { leader = Date.now(); return true; }
    if (key === "/") {
      const box = document.getElementById("search");
      box?.focus();
      return Boolean(box);
    }
    if (key === "?") { help(); return true; }
    if (key === "j") return move(1);
    if (key === "k") return move(-1);
    if (key === "Enter") return open(event);
    if (/^[1-6]$/.test(key)) {
      const link = document.querySelector(`[data-rail="${key}"]`);
      link?.click();
      return Boolean(link);
    }
    return key.length === 1 && press(key);
  };

  document.addEventListener("keydown", (event) => {
    if (trap(event)) { event.preventDefault(); return; }
    if (event.key === "Escape") {
      closeMenus(null);
      if (inField(event.target)) event.target.blur?.();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target) || document.querySelector("dialog[open]")) return;
    if (singleKeysOn() && single(event)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    closeMenus(event.target);
    if (event.target.closest("[data-help]")) help();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "keys-switch") localStorage.setItem(SWITCH, event.target.checked ? "on" : "off");
  });
})();

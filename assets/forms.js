/* Native forms ([data-native]): the button says what is going on and cannot be pressed twice. */
(() => {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-native]");
    if (!form) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "true";
    form.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }));
})();

/* Elapsed times that change each second: [data-since="<epoch seconds>"] holds one text node that is rewritten in place. */
(() => {
  const pad = (value) => String(value).padStart(2, "0");
  const words = (seconds) => {
    const whole = Math.max(Math.floor(seconds), 0);
    const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${pad(minutes)}:${pad(rest)}`;
  };
  const tick = () => document.querySelectorAll("[data-since], [data-until]").forEach((node) => {
    const since = Number(node.dataset.since || 0);
    const until = Number(node.dataset.until || 0);
    const text = node.firstChild;
    if (!text || text.nodeType !== Node.TEXT_NODE || !(since || until)) return;
    const shown = words(since ? Date.now() / 1000 - since : until - Date.now() / 1000);
    if (text.nodeValue !== shown) text.nodeValue = shown;
  });
  setInterval(tick, 1000);
})();

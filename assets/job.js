/* Job pages: the log follows its tail until the reader scrolls up; [data-copy="<selector>"] copies a region's text. */
(() => {
  if (window.iamaJobPage) return;
  window.iamaJobPage = true;
  const NEAR = 24;
  const atEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  const follows = (log) => log.dataset.following === "true";
  let ours = 0;

  const toEnd = (log) => { ours = Date.now(); log.scrollTop = log.scrollHeight; };
  const keepUp = () => {
    const log = document.getElementById("job-log");
    if (log && follows(log) && !atEnd(log)) toEnd(log);
  };
  setInterval(keepUp, 250);

  document.addEventListener("scroll", (event) => {
    const log = event.target;
    if (log.id !== "job-log" || Date.now() - ours < 100) return;
    if (!follows(log) || atEnd(log)) return;
    log.dataset.following = "false";
    document.getElementById("job-log-pin")?.click();
  }, true);

  document.addEventListener("click", (event) => {
    const from = event.target.closest?.("[data-copy]");
    const region = from && document.querySelector(from.dataset.copy);
    if (region) navigator.clipboard?.writeText(region.innerText);
  });
})();

// The desk works without this file. It hides a revealed value after its time, and says that long work goes on.
"use strict";

for (const box of document.querySelectorAll("[data-hide-after]")) {
  let left = Number(box.dataset.hideAfter);
  const count = document.querySelector("[data-count]");
  const chinese = document.documentElement.lang.startsWith("zh");
  const hide = () => {
    box.replaceChildren();
    location.replace(box.dataset.then);
  };
  const tick = () => {
    if (count) count.textContent = chinese ? `剩余 ${left} 秒` : `${left} s left`;
    if (left <= 0) hide();
    left -= 1;
  };
  tick();
  setInterval(tick, 1000);
  addEventListener("pagehide", () => box.replaceChildren());
}

for (const form of document.querySelectorAll("form[data-working]")) {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button) return;
    // Disabled after the form data is taken: a disabled button would not send its value.
    setTimeout(() => {
      for (const one of form.querySelectorAll("button")) one.disabled = true;
      button.textContent = form.dataset.working;
    });
  });
}

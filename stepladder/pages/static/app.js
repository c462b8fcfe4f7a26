// What pages do beyond being read: keep drafts, send forms so that nothing typed is lost, ask again for what
// is under way. Every form and link works without it, but for keys and drafts.
"use strict";

const lost = () => document.querySelector(".lost");
const draft = (field) => `draft ${location.pathname} ${field.form.getAttribute("action")} ${field.name}`;
const drafted = "textarea[data-draft], input[data-draft]";

// A draft of each field is kept in this browser until what it was sent with is taken.
for (const field of document.querySelectorAll(drafted)) {
  field.value = localStorage.getItem(draft(field)) ?? field.value;
  field.addEventListener("input", () => localStorage.setItem(draft(field), field.value));
}

// A form is sent here, so that where the connection is lost the page stays, with every word on it. Its key
// (the field `request`) makes sure that what is sent again is noted once.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post" || form.matches("[data-plain]")) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: fields });
  } catch {
    lost().hidden = false;
    return;
  }
  if (answer.ok) for (const field of form.querySelectorAll(drafted)) localStorage.removeItem(draft(field));
  if (answer.redirected) {
    const same = new URL(answer.url).pathname === location.pathname;
    location.assign(answer.url);
    if (same && new URL(answer.url).hash) location.reload();
  } else {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("#main").replaceWith(document.adoptNode(page.querySelector("#main")));
    document.querySelector("#main").focus();
  }
});

// A part of the page that says so is asked for again until it says so no more.
const again = async () => {
  const part = document.querySelector("[data-again]");
  if (!part) return;
  try {
    const answer = await fetch(part.dataset.again);
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(part.id);
      if (fresh && fresh.outerHTML !== part.outerHTML) part.replaceWith(document.adoptNode(fresh));
    }
    lost().hidden = true;
  } catch {
    lost().hidden = false;
  }
  setTimeout(again, 2000);
};
setTimeout(again, 2000);

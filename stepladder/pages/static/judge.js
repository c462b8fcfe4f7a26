// Judging by keyboard: keys work while the case has focus, and can be switched off in this browser. Forms of
// such a page are sent here: the answer takes the page's place, and the focus stays with the case.
const keysOn = () => localStorage.getItem("stepladder keys") !== "off";

const ready = (focused) => {
  const card = document.querySelector("[data-judge]");
  if (!card) return;
  const box = document.querySelector("[data-keys-on]");
  if (box) {
    box.closest("p").hidden = false;
    box.checked = keysOn();
    box.addEventListener("change", () => localStorage.setItem("stepladder keys", box.checked ? "on" : "off"));
  }
  if (focused) (card.querySelector("[data-typed]") ?? card).focus({ preventScroll: true });
};

document.addEventListener("keydown", (event) => {
  const card = event.target.closest("[data-judge]");
  if (!card || !keysOn() || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const typing = event.target.matches("input, textarea, select");
  if (typing && !/^[a-z]$/.test(event.key)) return; // what is typed there is numbers, and no letter
  const button = card.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-plain]") || !document.querySelector("[data-judge]")) return;
  event.preventDefault();
  if (form.dataset.sent) return; // one key is one answer, however fast it is pressed again
  form.dataset.sent = "yes";
  try {
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    const answer = await fetch(form.action, { method: "POST", body: fields });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("#main").replaceWith(document.adoptNode(page.querySelector("#main")));
    lost().hidden = true;
    ready(true);
    if (!document.querySelector("[data-judge]")) document.querySelector("#main").focus();
  } catch {
    delete form.dataset.sent;
    lost().hidden = false;
  }
});

ready(true);

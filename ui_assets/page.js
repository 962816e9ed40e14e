// Wires the page's own buttons to Gradio's components. Text never passes through here except as text.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const field = (id) => byId(id)?.querySelector("textarea, input");
  const button = (id) => { const found = byId(id); return found?.matches("button") ? found : found?.querySelector("button"); };
  const wide = window.matchMedia("(min-width: 1100px)");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const behavior = () => (calm.matches ? "auto" : "smooth");
  const KEY = "sanad-chat";
  let reopened = false, wishes = 0;
  let opener = null, wanted = null, shown = null, turns = 0, spoken = "";

  // Svelte listens for `input`; its own value setter has to be bypassed.
  function type(element, value) {
    const prototype = element.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(prototype.prototype, "value").set.call(element, value);
    element.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function ask(question) {
    const box = field("question");
    if (!box) return;
    type(box, question);
    requestAnimationFrame(() => button("send")?.click());
  }

  function reveal() {
    const article = document.querySelector("#source article");
    if (article?.querySelector(".close")?.value !== wanted) return;
    document.body.classList.add("reading");
    if (shown === article) return;
    shown = article;
    byId("source").scrollTo({ top: 0, behavior: "auto" });
    article.querySelector("h2")?.focus({ preventScroll: true });
    const mark = article.querySelector("mark"), panel = byId("source");
    if (!mark) return;
    const box = mark.getBoundingClientRect(), frame = panel.getBoundingClientRect();
    if (box.bottom > frame.bottom - 80) panel.scrollTo({ top: panel.scrollTop + box.top - frame.top - frame.height * 0.3, behavior: "auto" });
  }

  function open(trigger) {
    opener = trigger;
    wanted = trigger.value;
    shown = null;
    document.querySelectorAll(".current").forEach((other) => other.classList.remove("current"));
    trigger.classList.add("current");
    const box = field("reference");
    if (box) type(box, wanted);
    reveal();
  }

  function close() {
    if (!document.body.classList.contains("reading")) return;
    document.body.classList.remove("reading");
    wanted = shown = null;
    document.querySelectorAll(".current").forEach((other) => other.classList.remove("current"));
    opener?.isConnected ? opener.focus({ preventScroll: true }) : field("question")?.focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("button");
    if (!target) return;
    if (target.matches(".example")) ask(target.value);
    else if (target.matches(".cite, .card")) open(target);
    else if (target.matches(".chat")) { close(); target.closest("details").open = false; openChat(target.value); }
    else if (target.matches(".forget")) { if (window.confirm(target.title)) type(field(target.parentElement.querySelector(".open") ? "ended" : "doomed"), wish(target.value)); }
    else if (target.matches(".close, #new")) close();
    else if (target.matches("#send") && field("question").value.trim()) document.body.classList.add("sent");
  });

  // A click beside the list of chats closes it.
  document.addEventListener("click", (event) => {
    const list = document.querySelector("#chats details[open]");
    if (list && !list.contains(event.target)) list.open = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) {
      const list = document.querySelector("#chats details[open]");
      if (list) { list.open = false; list.querySelector("summary").focus(); } else close();
    }
    // Enter that ends an input method's composition is not "send".
    if (event.key === "Enter" && event.isComposing) event.stopImmediatePropagation();
  }, true);

  // The count makes wanting the same thing again a change.
  const wish = (id) => `${id} ${++wishes}`;
  const openChat = (id) => type(field("wanted"), wish(id));

  // Which chat this tab shows outlives a reload; what was said in it is on the server.
  function remember() {
    const now = document.querySelector("#chats .now");
    if (!now) return;
    try {
      const known = sessionStorage.getItem(KEY);
      if (!reopened && known && !now.value) openChat(known);
      else if (now.value) sessionStorage.setItem(KEY, now.value);
      else sessionStorage.removeItem(KEY);
    } catch { /* A browser that forbids storage shows a new chat. */ }
    reopened = true;
  }

  function follow() {
    remember();
    const box = field("question");
    if (box && box.dir !== "auto") {
      box.dir = "auto";
      box.setAttribute("enterkeyhint", "send");
      if (wide.matches) box.focus({ preventScroll: true });
    }
    document.querySelectorAll("#filters input[type=text], #filters input.time").forEach((input) => { input.dir = "auto"; });
    const all = document.querySelectorAll("#transcript .turn"), last = all[all.length - 1];
    const state = [...document.querySelectorAll("#transcript .state")].pop();
    document.body.classList.toggle("asked", all.length > 0);
    if (state) {
      // Room below a short answer, so that its question can stand at the top.
      const taken = state.getBoundingClientRect().bottom - last.getBoundingClientRect().top;
      const room = window.innerHeight - byId("bar").offsetHeight - byId("composer").offsetHeight - taken;
      byId("transcript").style.setProperty("--room", `${Math.max(0, Math.floor(room) - 24)}px`);
    }
    if (all.length > turns) last.scrollIntoView({ block: "start", behavior: turns ? behavior() : "auto" });
    if (all.length !== turns || document.querySelector(".toast-body")) document.body.classList.remove("sent");
    turns = all.length;
    let text = "";
    if (state?.matches(".done")) for (let next = last.nextElementSibling; next; next = next.nextElementSibling) {
      if (next.matches(".statement, .plain")) text += `${next.textContent}\n`;
    }
    if (text !== spoken && byId("announcer")) byId("announcer").textContent = spoken = text;
    if (wanted) reveal();
  }

  function start() {
    const announcer = document.createElement("div");
    announcer.id = "announcer";
    announcer.setAttribute("aria-live", "polite");
    document.body.append(announcer);
    let queued = false;
    new MutationObserver(() => {
      if (queued) return;
      queued = true;
      requestAnimationFrame(() => { queued = false; follow(); });
    }).observe(document.body, { childList: true, subtree: true });
    follow();
  }
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", start) : start();
})();

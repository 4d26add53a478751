// Fills the page: paragraphs, buttons and forms that wait for an answer and say what went wrong.

import { el } from "/assets/shared/dom.js";

const content = document.getElementById("content");

/** Shows these instead of what is there. */
export function show(...nodes) {
  content.replaceChildren(...nodes.flat(2).filter(Boolean));
}

/** The end of a task: a sentence that takes the focus, and what can be done next. */
export function finish(sentence, ...more) {
  const said = el("p", { class: "good", tabindex: "-1" }, sentence);
  show(said, ...more);
  said.focus();
}

export function heading(text) {
  document.querySelector("h1").textContent = text;
}

/** A place for refusals; readers of the screen are told of them. */
export function problem() {
  return el("p", { class: "bad", role: "alert" });
}

/** A button that runs `act` once at a time; `place` shows why it failed. */
export function button(label, act, place, attributes = {}) {
  const it = el("button", { type: "button", ...attributes }, label);
  it.addEventListener("click", () => working([it], place, act));
  return it;
}

/** A form; `act` is given the values of its fields. */
export function form(fields, label, act) {
  const place = problem();
  const submit = el("button", { type: "submit" }, label);
  const it = el("form", {}, fields, place, submit);
  it.addEventListener("submit", (event) => {
    event.preventDefault();
    working([submit], place, () => act(Object.fromEntries(new FormData(it))));
  });
  return it;
}

/** One field with its label. */
export function field(label, name, attributes = {}, hint = null) {
  return el("label", {}, label, el("input", { name, required: true, ...attributes }), hint ? el("small", {}, hint) : null);
}

export async function working(buttons, place, act) {
  for (const button of buttons) button.disabled = true;
  place.textContent = "";
  try {
    await act();
  } catch (error) {
    place.textContent = error.message;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** Shows that the link is of no use. */
export function incomplete() {
  show(el("p", { class: "bad" }, "This link is incomplete. Open it from the mail again, and copy all of it if you copy it."));
}

// Fills the page: paragraphs, buttons and forms that wait for a response and show errors.

import { el } from "/assets/shared/dom.js";

const content = document.getElementById("content");

/** Replaces the content of the page. */
export function show(...nodes) {
  content.replaceChildren(...nodes.flat(2).filter(Boolean));
}

/** Shows the result of a task as a focused sentence, followed by further elements. */
export function finish(sentence, ...more) {
  const said = el("p", { class: "good", tabindex: "-1" }, sentence);
  show(said, ...more);
  said.focus();
}

export function heading(text) {
  document.querySelector("h1").textContent = text;
}

/** An element for error messages, which screen readers announce. */
export function problem() {
  return el("p", { class: "bad", role: "alert" });
}

/** A button that runs `act`, never twice at the same time; `place` shows its error. */
export function button(label, act, place, attributes = {}) {
  const it = el("button", { type: "button", ...attributes }, label);
  it.addEventListener("click", () => working([it], place, act));
  return it;
}

/** A form that calls `act` with the values of its fields. */
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

/** A labelled input field. */
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

/** Shows that the link is incomplete. */
export function incomplete() {
  show(el("p", { class: "bad" }, "This link is incomplete. Open it from the email again; if you copy it, copy all of it."));
}

// The header of the page: name and version, the tabs, and the signed-in user of the active tab.

import { parseHeaders, tokenIn } from "/assets/playground/session.js";
import { el, fromServer } from "/assets/shared/dom.js";

export class Head {
  constructor(root, { workspace, sessions, demo }) {
    Object.assign(this, { workspace, sessions, demo });
    this.tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "Tabs" });
    this.who = el("div", { class: "who" });
    this.message = el("p", { class: "message", role: "alert" });
    root.replaceChildren(
      el("div", { class: "top" }, el("h1", {}, "Souk ", el("small", {}, fromServer("version"))), this.tabs),
      el("div", { class: "account" }, this.who, this.demoButtons(), this.startOver()),
      this.message,
    );
    for (const type of ["tabs", "activate"]) workspace.addEventListener(type, () => this.draw());
    workspace.addEventListener("change", ({ detail }) => {
      if (detail.keys.includes("session") || detail.keys.includes("headers")) this.draw();
    });
    this.draw();
  }

  draw() {
    const { tabs, activeId } = this.workspace;
    // Elements are replaced only if needed: an element that is replaced while it is pressed receives no click.
    const shape = JSON.stringify([activeId, tabs.map(({ id, name, session }) => [id, name, session?.name ?? Boolean(session)])]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.tabs.replaceChildren(
        ...tabs.map((tab) => this.tab(tab, tab.id === activeId, tabs.length > 1)),
        el("button", { type: "button", class: "add", "aria-label": "New tab", onclick: () => this.workspace.open() }, "+"),
      );
      this.tabs.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    this.drawWho();
  }

  tab(tab, selected, closable) {
    const signedIn = tab.session ? el("span", { class: "dot", title: `Signed in as ${tab.session.name ?? "a user"}` }) : null;
    const choose = el(
      "button",
      { type: "button", role: "tab", "aria-selected": String(selected), "aria-controls": "work", onclick: () => this.workspace.activate(tab.id) },
      tab.name,
      signedIn,
    );
    const close = closable && selected && !tab.kind;
    return el(
      "span",
      { class: selected ? "tab selected" : "tab" },
      choose,
      close ? el("button", { type: "button", class: "close", "aria-label": `Close ${tab.name}`, onclick: () => this.workspace.close(tab.id) }, "×") : null,
    );
  }

  drawWho() {
    const { id, name, session, headers } = this.workspace.active;
    const token = tokenIn(parseHeaders(headers));
    if (session && token === session.accessToken) {
      const out = async () => this.say(await this.sessions.signOut(id));
      const role = session.role ? el("span", { class: "role" }, session.role) : null;
      const person = el("strong", { title: session.email ?? "" }, session.name ?? "a user");
      this.who.replaceChildren("Signed in as ", person, role ?? "", el("button", { type: "button", onclick: out }, "Sign out"));
    } else if (token) {
      this.who.replaceChildren("Using the token in Headers");
    } else {
      this.who.replaceChildren(el("span", { class: "quiet" }, `${name}: not signed in`));
    }
  }

  demoButtons() {
    if (this.demo.signIns.length === 0) return null;
    const button = ({ role, email }) => {
      const act = async () => this.say(await this.sessions.signIn(this.workspace.activeId, email, this.demo.password));
      return el("button", { type: "button", title: `Sign in as ${email}`, onclick: act }, role.charAt(0).toUpperCase() + role.slice(1));
    };
    return el("div", { class: "demo", role: "group", "aria-label": "Demo sign-ins" }, el("span", {}, "Demo sign-ins"), this.demo.signIns.map(button));
  }

  startOver() {
    const act = () => {
      if (confirm("Reset all tabs and sign out of all of them in this page?")) this.workspace.reset();
    };
    return el("button", { type: "button", class: "reset", onclick: act }, "Start over");
  }

  say(sentence) {
    this.message.textContent = sentence ?? "";
  }
}

// The numbered steps of the active tab, each with a button that runs it.

import { readOperations } from "/assets/playground/operations.js";
import { el } from "/assets/shared/dom.js";

const RESULTS = { done: ["✓", "done"], failed: ["!", "failed"], live: ["●", "live"] };

export class Steps {
  constructor(root, workspace, editor) {
    Object.assign(this, { root, workspace, editor });
    this.list = [];
    workspace.addEventListener("activate", () => this.draw());
    workspace.addEventListener("change", ({ detail }) => {
      if (detail.id !== workspace.activeId) return;
      if (detail.keys.includes("results")) this.draw();
      else if (detail.keys.includes("query")) this.drawLater();
    });
    this.draw();
  }

  drawLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.draw(), 250);
  }

  /** Replaces elements only if needed: a button that is replaced while it is pressed receives no click. */
  draw() {
    const { active } = this.workspace;
    // A document often cannot be parsed while it is being edited; then the previous steps stay.
    this.list = readOperations(active.query) ?? this.list;
    const shape = JSON.stringify([active.id, this.list.map(({ name, kind, title }) => [name, kind, title])]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.root.replaceChildren(
        el("h2", {}, `${active.name}: steps`),
        this.list.length > 0
          ? el("ol", {}, this.list.map((operation, index) => this.step(operation, index)))
          : el("p", { class: "quiet" }, "The operations of the document appear here."),
      );
    }
    this.root.querySelectorAll(".step").forEach((step, index) => {
      const result = active.results[this.list[index].name] ?? "";
      const [sign, said] = RESULTS[result] ?? ["", ""];
      step.className = `step ${result}`;
      const mark = step.querySelector(".result");
      mark.textContent = sign;
      mark.title = said;
    });
  }

  step({ name, kind, title }, index) {
    const { number, words, note } = title;
    return el(
      "li",
      { class: "step" },
      el("span", { class: "number", "aria-hidden": "true" }, String(number)),
      el(
        "div",
        { class: "about" },
        el("span", { class: "title" }, words),
        el("code", { title: kind }, name ?? kind),
      ),
      el("span", { class: "result", role: "status" }),
      el(
        "button",
        {
          type: "button",
          "aria-label": `Run step ${number}: ${words}`,
          "data-operation": name ?? "",
          // Looked up at each click, as the lines move when the document changes.
          onclick: () => this.editor.run(this.list[index]),
        },
        "Run",
      ),
      note ? el("p", { class: "quiet" }, note) : null,
    );
  }
}

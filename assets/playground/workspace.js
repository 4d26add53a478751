// The tabs and their content, kept in the session storage: they survive a reload and end with the browser's tab.

import { fromServer } from "/assets/shared/dom.js";

const KEY = `souk:tabs:${fromServer("version")}`;
const MAX_STORED_RESPONSE = 50_000;

let nextId = 1;

export class Workspace extends EventTarget {
  /** Tabs: { id, name, kind, query, variables, headers, operationName, response, session, results, filled }. */
  tabs = [];
  activeId = "";

  constructor(presets, makeNew) {
    super();
    this.presets = presets;
    this.makeNew = makeNew;
    this.restore() || this.reset();
  }

  get active() {
    return this.tabs.find((tab) => tab.id === this.activeId) ?? this.tabs[0];
  }

  get(id) {
    return this.tabs.find((tab) => tab.id === id);
  }

  reset() {
    this.tabs = this.presets().map((preset) => this.make(preset));
    this.activeId = this.tabs[0].id;
    this.save();
    this.emit("tabs");
    this.emit("activate");
  }

  make(preset) {
    return {
      id: `${preset.kind || "tab"}-${nextId++}`,
      headers: "",
      operationName: null,
      response: "",
      session: null,
      results: {},
      filled: {},
      ...preset,
    };
  }

  open() {
    const taken = new Set(this.tabs.map((tab) => tab.name));
    let number = this.tabs.length + 1;
    while (taken.has(`Tab ${number}`)) number += 1;
    const tab = this.make({ ...this.makeNew(), name: `Tab ${number}`, kind: "" });
    this.tabs.push(tab);
    this.emit("tabs");
    this.activate(tab.id);
  }

  close(id) {
    if (this.tabs.length === 1) return;
    const index = this.tabs.findIndex((tab) => tab.id === id);
    this.emit("closing", { id });
    this.tabs.splice(index, 1);
    this.emit("tabs");
    if (this.activeId === id) this.activate(this.tabs[Math.max(index - 1, 0)].id);
    else this.save();
  }

  activate(id) {
    if (!this.get(id)) return;
    this.activeId = id;
    this.save();
    this.emit("activate");
  }

  /** Updates a tab. `from: "editor"` marks changes that the editors already show. */
  update(id, patch, from = "page") {
    const tab = this.get(id);
    if (!tab) return;
    Object.assign(tab, patch);
    this.save();
    this.emit("change", { id, keys: Object.keys(patch), from });
  }

  emit(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  save() {
    const tabs = this.tabs.map((tab) => (tab.response.length > MAX_STORED_RESPONSE ? { ...tab, response: "" } : tab));
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ tabs, activeId: this.activeId, nextId }));
    } catch {
      // The storage is full or disabled: the page works, but a reload resets it.
    }
  }

  restore() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY));
      if (!Array.isArray(kept?.tabs) || kept.tabs.length === 0) return false;
      this.tabs = kept.tabs;
      this.activeId = this.get(kept.activeId) ? kept.activeId : this.tabs[0].id;
      nextId = kept.nextId;
      return true;
    } catch {
      return false;
    }
  }
}

// GraphiQL, with one editor for all tabs. The tabs belong to the workspace, because GraphiQL 4 renames its own tabs after the operation
// that was run, loses the variables of the first tab, and ends subscriptions when another tab is chosen.

const { createElement, useEffect } = React;
const { useEditorContext, useExecutionContext } = GraphiQL.React;

// GraphiQL must not restore its single tab, as the workspace restores the tabs.
const TAB_STATE = /^graphiql:(tabState|query|variables|headers|operationName|shouldPersistHeaders)$/;
// Theme and sizes are kept for the next visit; the history ends with the browser session.
const PERSISTENT = /^graphiql:(theme|docExplorerFlex|editorFlex|secondaryEditorFlex|visiblePlugin)$/;

const storage = {
  place: (key) => (PERSISTENT.test(key) ? localStorage : sessionStorage),
  getItem(key) {
    return TAB_STATE.test(key) ? null : this.place(key).getItem(key);
  },
  setItem(key, value) {
    if (!TAB_STATE.test(key)) this.place(key).setItem(key, withoutHeaders(value));
  },
  removeItem(key) {
    this.place(key).removeItem(key);
  },
  clear() {
    for (const place of [localStorage, sessionStorage]) place.clear();
  },
  get length() {
    return localStorage.length + sessionStorage.length;
  },
};

// The history must not contain tokens.
function withoutHeaders(value) {
  return value.includes('"headers"') ? JSON.stringify(JSON.parse(value), (key, part) => (key === "headers" ? undefined : part)) : value;
}

const EDITORS = { query: "queryEditor", variables: "variableEditor", headers: "headerEditor", response: "responseEditor" };

export class Editor {
  contexts = {};
  connected = false;
  loading = false;

  constructor(workspace, fetcher) {
    this.workspace = workspace;
    this.fetcher = fetcher;
    this.ready = new Promise((resolve) => (this.resolveReady = resolve));
    workspace.addEventListener("activate", () => this.show());
    workspace.addEventListener("change", ({ detail }) => {
      if (detail.id === workspace.activeId && detail.from !== "editor") this.show(detail.keys);
    });
  }

  mount(root) {
    const { active } = this.workspace;
    const bridge = createElement(() => this.useContexts());
    const page = createElement(
      GraphiQL,
      {
        fetcher: this.fetcher,
        storage,
        query: undefined,
        defaultQuery: active.query,
        defaultEditorToolsVisibility: "variables",
        inputValueDeprecation: true,
        isHeadersEditorEnabled: true,
        shouldPersistHeaders: false,
        showPersistHeadersSettings: false,
        plugins: [GraphiQLPluginExplorer.explorerPlugin()],
      },
      createElement(GraphiQL.Logo, {}, bridge),
    );
    ReactDOM.createRoot(root).render(page);
  }

  /** A component without elements that passes GraphiQL's contexts to the page. */
  useContexts() {
    const editor = useEditorContext({ nonNull: true });
    const execution = useExecutionContext({ nonNull: true });
    this.contexts = { editor, execution };
    const editors = Object.values(EDITORS).map((name) => editor[name]);
    useEffect(() => {
      if (!this.connected && editors.every(Boolean)) this.connect(editor);
    }, editors);
    return null;
  }

  connect(editor) {
    this.connected = true;
    this.show();
    for (const [key, name] of Object.entries(EDITORS)) {
      editor[name].on("change", (instance, change) => {
        if (this.loading) return;
        // Choosing an entry of GraphiQL's history clears Headers; the tab stays signed in.
        if (key === "headers" && change.origin === "setValue") return queueMicrotask(() => this.show(["headers"]));
        this.workspace.update(this.workspace.activeId, { [key]: instance.getValue() }, "editor");
      });
    }
    editor.queryEditor.setOption("lineWrapping", true);
    this.resolveReady();
  }

  /** Shows the content of the active tab in the editors. */
  show(keys = Object.keys(EDITORS)) {
    if (!this.connected) return;
    const { active } = this.workspace;
    if (keys.length === Object.keys(EDITORS).length) this.contexts.execution.stop();
    this.loading = true;
    for (const key of keys.filter((key) => key in EDITORS)) {
      const editor = this.contexts.editor[EDITORS[key]];
      if (editor.getValue() === active[key]) continue;
      editor.setValue(active[key]);
      if (key !== "response") editor.clearHistory();
    }
    this.loading = false;
    if (keys.includes("query")) this.contexts.editor.queryEditor.operationName = active.operationName;
  }

  /** Runs an operation of the active tab and scrolls to it. */
  async run({ name, line }) {
    await this.ready;
    const { editor } = this.contexts;
    this.workspace.update(this.workspace.activeId, { operationName: name }, "editor");
    editor.queryEditor.operationName = name;
    const last = Math.min(line + 8, editor.queryEditor.lastLine());
    editor.queryEditor.setCursor({ line, ch: 0 });
    editor.queryEditor.scrollIntoView({ from: { line: Math.max(line - 2, 0), ch: 0 }, to: { line: last, ch: 0 } });
    this.contexts.execution.run();
  }
}

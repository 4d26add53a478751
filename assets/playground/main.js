// The page at /: GraphiQL with example operations for a storefront, a vendor, a buyer, a guest, staff and money in its tabs.

import { chooseFile } from "/assets/playground/choose-file.js";
import { Editor } from "/assets/playground/editor.js";
import { Head } from "/assets/playground/head.js";
import { LivePane } from "/assets/playground/live-pane.js";
import { Live } from "/assets/playground/live.js";
import { Runner } from "/assets/playground/runner.js";
import { Sessions } from "/assets/playground/session.js";
import { Steps } from "/assets/playground/steps.js";
import { random, Values } from "/assets/playground/values.js";
import { Workspace } from "/assets/playground/workspace.js";
import { fromServer } from "/assets/shared/dom.js";

const TABS = ["Storefront", "Vendor", "Buyer", "Guest", "Staff", "Money", "Search"];
// Roles of the demo users of tabs that are not named after a role.
const ROLES = { money: "admin", search: "admin" };

async function text(file) {
  const response = await fetch(`/assets/playground/tabs/${file}`);
  if (!response.ok) throw new Error(`${file}: HTTP status ${response.status}`);
  return response.text();
}

async function preset(name) {
  const kind = name.toLowerCase();
  const [query, variables] = await Promise.all([text(`${kind}.graphql`), text(`${kind}.json`)]);
  return { name, kind, query, variables };
}

// Fills in unused email addresses, and the demo user's credentials if there are any.
function filledIn({ variables, ...tab }, demo) {
  const values = JSON.parse(variables.replaceAll("RANDOM", random(5)));
  const person = demo.signIns.find(({ role }) => role === (ROLES[tab.kind] ?? tab.kind));
  if (person && "password" in values) Object.assign(values, { email: person.email, password: demo.password });
  else if ("newEmail" in values) Object.assign(values, { email: values.newEmail, password: values.newPassword });
  return { ...tab, variables: JSON.stringify(values, null, 2) };
}

async function start() {
  const demo = JSON.parse(fromServer("demo") || '{"signIns":[],"password":""}');
  const [example, ...presets] = await Promise.all([text("example.graphql"), ...TABS.map(preset)]);
  const workspace = new Workspace(
    () => presets.map((tab) => filledIn(tab, demo)),
    () => ({ query: example, variables: '{\n  "first": 3\n}' }),
  );
  const sessions = new Sessions(workspace);
  const values = new Values(workspace);
  const live = new Live({ workspace, sessions, values });
  const runner = new Runner({ workspace, sessions, values, live, chooseFile });
  const editor = new Editor(workspace, runner.fetcher);
  const part = (id) => document.getElementById(id);
  new Head(part("head"), { workspace, sessions, demo });
  new Steps(part("steps"), workspace, editor);
  new LivePane(part("live"), live);
  part("work").hidden = false;
  editor.mount(part("graphiql"));
  await editor.ready;
  document.body.dataset.ready = "true";
}

start().catch((error) => {
  document.getElementById("head").textContent = `The page could not be loaded: ${error.message}`;
});

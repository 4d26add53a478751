// Runs operations: refreshes tokens, generates idempotency keys, asks for files, starts subscriptions, and fills in variables from
// responses.

import { findOperation, readOperations, rootFields, variablesOf } from "/assets/playground/operations.js";
import { tokenIn } from "/assets/playground/session.js";
import { failure, post } from "/assets/shared/http.js";

export class Runner {
  constructor({ workspace, sessions, values, live, chooseFile }) {
    Object.assign(this, { workspace, sessions, values, live, chooseFile });
  }

  /** Called by GraphiQL. A response that arrives after the tab was left is stored in that tab and not shown. */
  fetcher = async (request, { headers } = {}) => {
    if (request.operationName === "IntrospectionQuery") return (await post(request)).body;
    const { id } = this.workspace.active;
    const body = await this.run(id, request, headers);
    if (this.workspace.activeId === id) return body;
    this.workspace.update(id, { response: JSON.stringify(body, null, 2) });
    return new Promise(() => {});
  };

  async run(id, request, headers = {}) {
    const operation = findOperation(request.query, request.operationName);
    if (!operation) {
      const reason = readOperations(request.query) ? `There is no operation ${request.operationName}.` : "The document can't be parsed.";
      return request.operationName && readOperations(request.query) ? failure(reason) : (await post(request, headers)).body;
    }
    const declared = variablesOf(operation);
    const missing = this.values.missing(declared, request.variables);
    if (missing.length > 0) {
      this.note(id, operation, "failed");
      const names = missing.map(({ name }) => `$${name}`).join(", ");
      return failure(`${names} has no value yet. Run the previous steps, or fill it in under Variables.`);
    }
    const variables = this.values.renewKeys(id, declared, request.variables ?? {});
    const ready = { query: request.query, operationName: operation.name ?? undefined, variables };
    if (operation.kind === "subscription") {
      const name = operation.name ?? "Subscription";
      this.live.start(id, name, ready, rootFields(operation));
      this.note(id, operation, "live");
      return { live: `${name} runs in the pane "Live updates" and keeps running while you use other tabs.` };
    }
    const files = await this.files(declared, variables);
    if (files === null) return failure("No file was chosen: nothing was sent.");
    const body = await this.send(id, ready, headers, files);
    await this.keep(id, operation, variables, body);
    return body;
  }

  /** The files for the variables of the type Upload; null if the choice was cancelled. */
  async files(declared, variables) {
    const files = {};
    for (const { name, type } of declared.filter((variable) => variable.type === "Upload")) {
      const file = await this.chooseFile(name, type);
      if (!file) return null;
      variables[name] = null;
      files[`variables.${name}`] = file;
    }
    return files;
  }

  async send(id, request, headers, files) {
    const mine = () => this.workspace.get(id);
    const usesSession = () => Boolean(mine()?.session) && tokenIn(headers) === mine().session.accessToken;
    if (usesSession() && this.sessions.isEnding(mine()) && (await this.sessions.refresh(id))) {
      headers = { ...headers, ...authorization(mine()) };
    }
    const { status, body } = await post(request, headers, files);
    if (status !== 401 || !mine()?.session) return body;
    // The token has expired: the request is repeated once with a refreshed token, or with the tab's newer one.
    const renewed = usesSession() ? await this.sessions.refresh(id) : true;
    return renewed && mine()?.session ? (await post(request, { ...headers, ...authorization(mine()) }, files)).body : body;
  }

  async keep(id, operation, variables, body) {
    const fields = rootFields(operation);
    const refused = Object.values(body.data ?? {}).some((payload) => payload?.userErrors?.length > 0);
    this.note(id, operation, body.errors || refused ? "failed" : "done");
    this.values.take(id, fields, variables, body.data);
    await this.sessions.note(id, fields, variables, body.data);
  }

  note(id, { name }, result) {
    const tab = this.workspace.get(id);
    if (tab && name) this.workspace.update(id, { results: { ...tab.results, [name]: result } });
  }
}

function authorization({ session }) {
  return { Authorization: `Bearer ${session.accessToken}` };
}

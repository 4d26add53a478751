// The page at /: GraphiQL with the journeys of a vendor and a buyer in its tabs.
"use strict";

const TABS = ["storefront", "vendor", "buyer"];
const HEADERS = '{ "Authorization": "Bearer " }';

async function text(path) {
  const response = await fetch(`/assets/playground/tabs/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.text();
}

async function tab(name) {
  const [query, variables] = await Promise.all([text(`${name}.graphql`), text(`${name}.json`)]);
  return { query, variables, headers: HEADERS };
}

// The preset header has no token yet, and the server refuses a token that is none: until one is filled in, nothing is sent.
function withoutEmptyToken(headers = {}) {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => !/^Bearer\s*$/i.test(String(value))));
}

function send(url, options) {
  return fetch(url, { ...options, headers: withoutEmptyToken(options.headers) });
}

function socketUrl() {
  const url = new URL("/graphql/ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

async function start() {
  const defaultTabs = await Promise.all(TABS.map(tab));
  const byHttp = GraphiQL.createFetcher({ url: "/graphql", fetch: send });
  const bySocket = GraphiQL.createFetcher({ url: "/graphql", subscriptionUrl: socketUrl(), fetch: send });
  // The headers go into the first message of the socket: a token that is none must not be there either.
  const fetcher = (params, options = {}) => {
    const found = options.documentAST?.definitions.find(
      (definition) => definition.kind === "OperationDefinition" && (!params.operationName || definition.name?.value === params.operationName),
    );
    const chosen = found?.operation === "subscription" ? bySocket : byHttp;
    return chosen(params, { ...options, headers: withoutEmptyToken(options.headers) });
  };
  const plugins = [GraphiQLPluginExplorer.explorerPlugin()];
  const page = React.createElement(GraphiQL, {
    fetcher,
    plugins,
    defaultTabs,
    defaultHeaders: HEADERS,
    defaultEditorToolsVisibility: "headers",
    inputValueDeprecation: true,
  });
  ReactDOM.createRoot(document.getElementById("graphiql")).render(page);
}

start().catch((error) => {
  document.getElementById("graphiql").textContent = `The page could not be made: ${error.message}`;
});

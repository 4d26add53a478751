// GraphQL over HTTP; failures are returned as GraphQL errors.

const PREFLIGHT = { "graphql-require-preflight": "1" };

// Sends an operation and returns the HTTP status and the response { data, errors, extensions }. Files are sent as in the GraphQL
// multipart request specification: { "variables.file": File }.
export async function post({ query, variables, operationName }, headers = {}, files = {}) {
  const operation = { query, variables, operationName };
  const options = { method: "POST", headers: { accept: "application/json", ...headers } };
  if (Object.keys(files).length > 0) {
    options.body = multipart(operation, files);
    Object.assign(options.headers, PREFLIGHT);
  } else {
    options.body = JSON.stringify(operation);
    options.headers["content-type"] = "application/json";
  }
  let response;
  try {
    response = await fetch("/graphql", options);
  } catch {
    return { status: 0, body: failure("The server could not be reached. Check that Souk is running, and try again.") };
  }
  try {
    return { status: response.status, body: await response.json() };
  } catch {
    return { status: response.status, body: failure(`The server responded with the HTTP status ${response.status} and no JSON.`) };
  }
}

export function failure(message) {
  return { errors: [{ message }] };
}

function multipart(operation, files) {
  const form = new FormData();
  const paths = Object.keys(files);
  form.append("operations", JSON.stringify(operation));
  form.append("map", JSON.stringify(Object.fromEntries(paths.map((path, index) => [index, [path]]))));
  paths.forEach((path, index) => form.append(index, files[path]));
  return form;
}

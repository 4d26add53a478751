// A subscription that reconnects: it resumes from the last cursor, with a new token if there is one.

import { el } from "/assets/shared/dom.js";

// Messages for the close codes of the server.
const CLOSED = {
  1001: "The server is restarting.",
  1006: "The connection was lost.",
  1011: "The server had an internal error.",
  1012: "The server is restarting.",
  1013: "The server is busy.",
  4400: "The server did not understand the request.",
  4401: "Your session has ended. Sign in again.",
  4403: "Your session has ended. Sign in again.",
  4406: "The server does not support this protocol.",
  4408: "The server did not receive the first message in time.",
  4409: "This subscription is running already.",
  4429: "There are too many open connections.",
};

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

export function inWords(problem) {
  if (Array.isArray(problem)) return problem.map((error) => error.message).join(" ");
  if (problem && typeof problem.code === "number") {
    const words = CLOSED[problem.code] ?? `The server closed the connection (code ${problem.code}).`;
    return problem.reason && !CLOSED[problem.code] ? `${words} ${problem.reason}` : words;
  }
  return problem?.message || "The connection was lost.";
}

function socketUrl() {
  const url = new URL("/graphql/ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/**
 * Subscribes until stop() is called or the server refuses permanently.
 *
 * - request: { query, variables, operationName }; if it declares `$after`, it resumes from the last `cursor` received.
 * - parameters(): connection parameters, such as { Authorization }; called for each connection.
 * - renew(): called if the session has ended; returns whether there is a new token.
 * - onState(state, words): "connecting", "live", "waiting" or "ended".
 * - onData(result): one update.
 */
export function subscribe(request, { parameters, renew, onState, onData }) {
  let pause = FIRST_PAUSE;
  let timer = 0;
  let client = null;
  let ended = false;
  let renewed = false;
  let cursor = null;
  const resumable = /\$after\s*:/.test(request.query);

  const end = (words) => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    client?.dispose();
    onState("ended", words);
  };

  const retry = async (problem) => {
    if (ended) return;
    client?.dispose();
    const words = inWords(problem);
    if (Array.isArray(problem)) return end(words);
    if (problem?.code === 4401 || problem?.code === 4403) {
      if (renewed || !(await renew())) return end(words);
      renewed = true;
      return connect();
    }
    if (problem?.code >= 4400 && ![4408, 4429, 4499].includes(problem.code)) return end(words);
    onState("waiting", `${words} Trying again in ${Math.ceil(pause / 1000)} s.`);
    timer = setTimeout(connect, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  };

  const connect = () => {
    if (ended) return;
    onState("connecting", "Connecting");
    client = graphqlWs.createClient({
      url: socketUrl(),
      retryAttempts: 0,
      connectionParams: parameters,
      on: {
        connected: () => {
          pause = FIRST_PAUSE;
          onState("live", "Live");
        },
      },
    });
    const variables = resumable && cursor ? { ...request.variables, after: cursor } : request.variables;
    client.subscribe(
      { ...request, variables },
      {
        next: (result) => {
          renewed = false;
          cursor = Object.values(result.data ?? {})[0]?.cursor ?? cursor;
          onData(result);
        },
        error: retry,
        complete: () => end("The server ended the subscription."),
      },
    );
  };

  connect();
  return { stop: () => end("Stopped") };
}

// A badge that shows the state of a subscription.
export function stateBadge(state, words) {
  return el("span", { class: `live-state ${state}`, role: "status" }, words);
}

// Who is signed in, in each tab. The token stands in the tab's Headers; a sign-in puts it there, a sign-out takes it away.

import { post } from "/assets/shared/http.js";

const SIGN_IN = `mutation SignIn($email: String!, $password: String!) {
  sessionCreate(input: { email: $email, password: $password }) {
    session { id }
    tokens { accessToken accessTokenExpiresAt refreshToken }
    userErrors { message }
  }
}`;
const REFRESH = `mutation Refresh($refreshToken: String!) {
  sessionRefresh(input: { refreshToken: $refreshToken }) {
    session { id }
    tokens { accessToken accessTokenExpiresAt refreshToken }
    userErrors { message }
  }
}`;
const SIGN_OUT = `mutation SignOut($sessionId: ID) {
  sessionRevoke(input: { sessionId: $sessionId }) { revokedCount userErrors { message } }
}`;
const WHO = `query Who { me { id displayName role email } }`;

// Mutations whose success ends the session that sent them.
const ENDING = new Set(["accountClose", "emailChangeConfirm"]);
const MARGIN = 30_000;

export function parseHeaders(text) {
  try {
    const headers = JSON.parse(text || "{}");
    return headers && typeof headers === "object" && !Array.isArray(headers) ? headers : {};
  } catch {
    return {};
  }
}

function nameOf(headers) {
  return Object.keys(headers).find((name) => name.toLowerCase() === "authorization") ?? "Authorization";
}

export function tokenIn(headers) {
  return /^Bearer\s+(\S+)$/i.exec(String(headers[nameOf(headers)] ?? ""))?.[1] ?? null;
}

function withToken(text, token) {
  const headers = parseHeaders(text);
  const name = nameOf(headers);
  if (token) headers[name] = `Bearer ${token}`;
  else delete headers[name];
  return Object.keys(headers).length > 0 ? JSON.stringify(headers, null, 2) : "";
}

export class Sessions {
  refreshing = new Map();

  constructor(workspace) {
    this.workspace = workspace;
  }

  /** Keeps the tokens of a sign-in, and finds out whose they are. */
  async keep(id, { tokens, session }) {
    const tab = this.workspace.get(id);
    if (!tab || !tokens?.accessToken) return;
    // Renewed tokens are the same person's.
    const known = tab.session && tab.session.sessionId === session?.id ? tab.session : {};
    const kept = {
      ...known,
      accessToken: tokens.accessToken,
      expiresAt: tokens.accessTokenExpiresAt ?? null,
      refreshToken: tokens.refreshToken ?? null,
      sessionId: session?.id ?? null,
    };
    this.workspace.update(id, { session: kept, headers: withToken(tab.headers, kept.accessToken) });
    const { body } = await post({ query: WHO, operationName: "Who" }, { Authorization: `Bearer ${kept.accessToken}` });
    const now = this.workspace.get(id)?.session;
    if (body.data?.me && now?.accessToken === kept.accessToken) {
      const { displayName, role, email } = body.data.me;
      this.workspace.update(id, { session: { ...now, name: displayName, role, email } });
    }
  }

  forget(id) {
    const tab = this.workspace.get(id);
    if (!tab) return;
    const shown = [tab.session?.accessToken, tab.session?.refreshToken].some((token) => token && tab.response.includes(token));
    this.workspace.update(id, { session: null, headers: withToken(tab.headers, null), ...(shown ? { response: "" } : {}) });
  }

  /** Signs a tab in; answers with a sentence if that failed. */
  async signIn(id, email, password) {
    const { body } = await post({ query: SIGN_IN, variables: { email, password }, operationName: "SignIn" });
    const payload = body.data?.sessionCreate;
    if (payload?.tokens) {
      await this.keep(id, payload);
      return null;
    }
    return (payload?.userErrors?.[0] ?? body.errors?.[0])?.message ?? "The sign-in failed.";
  }

  async signOut(id) {
    const session = this.workspace.get(id)?.session;
    this.forget(id);
    if (!session) return;
    const variables = { sessionId: session.sessionId };
    await post({ query: SIGN_OUT, variables, operationName: "SignOut" }, { Authorization: `Bearer ${session.accessToken}` });
  }

  /** Exchanges the refresh token; answers whether the tab has a new access token. Two callers at once share one exchange. */
  refresh(id) {
    if (!this.refreshing.has(id)) {
      const running = this.exchange(id).finally(() => this.refreshing.delete(id));
      this.refreshing.set(id, running);
    }
    return this.refreshing.get(id);
  }

  async exchange(id) {
    const session = this.workspace.get(id)?.session;
    if (!session?.refreshToken) return false;
    const variables = { refreshToken: session.refreshToken };
    const { status, body } = await post({ query: REFRESH, variables, operationName: "Refresh" });
    const payload = body.data?.sessionRefresh;
    if (payload?.tokens) {
      await this.keep(id, { tokens: payload.tokens, session: payload.session ?? { id: session.sessionId } });
      return true;
    }
    // Refused, not unreachable: the session has ended.
    if (status === 401 || payload) this.forget(id);
    return false;
  }

  /** Whether the token is about to end; then it is renewed before it is used. */
  isEnding({ session }) {
    return Boolean(session?.expiresAt && session.refreshToken && Date.parse(session.expiresAt) - Date.now() < MARGIN);
  }

  /** Takes sign-ins and sign-outs out of an answer. `fields`: the field behind each key of `data`. */
  async note(id, fields, variables, data) {
    for (const [key, payload] of Object.entries(data ?? {})) {
      const field = fields.get(key);
      if (!payload || payload.userErrors?.length > 0) continue;
      if (payload.tokens?.accessToken && (field === "sessionCreate" || field === "sessionRefresh")) await this.keep(id, payload);
      else if (ENDING.has(field)) this.forget(id);
      else if (field === "sessionRevoke") await this.check(id);
    }
  }

  /** Forgets the session of a tab if its token is worth nothing any more. */
  async check(id) {
    const session = this.workspace.get(id)?.session;
    if (!session) return;
    const { status, body } = await post({ query: WHO, operationName: "Who" }, { Authorization: `Bearer ${session.accessToken}` });
    if (status === 401 || (body.data && !body.data.me)) this.forget(id);
  }
}

// The session of each tab. The access token is in the tab's Headers; a sign-in adds it, a sign-out removes it.

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

  /** Stores the tokens of a sign-in and loads the user. */
  async keep(id, { tokens, session }) {
    const tab = this.workspace.get(id);
    if (!tab || !tokens?.accessToken) return;
    // Refreshed tokens belong to the same user.
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

  /** Signs a tab in; returns an error message, or null on success. */
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

  /** Exchanges the refresh token; returns whether the tab has a new access token. Concurrent calls share one exchange. */
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
    // The server refused the token, so the session has ended.
    if (status === 401 || payload) this.forget(id);
    return false;
  }

  /** Whether the token is about to expire; then it is refreshed before it is used. */
  isEnding({ session }) {
    return Boolean(session?.expiresAt && session.refreshToken && Date.parse(session.expiresAt) - Date.now() < MARGIN);
  }

  /** Applies the sign-ins and sign-outs in a response. `fields` maps each key of `data` to its field. */
  async note(id, fields, variables, data) {
    for (const [key, payload] of Object.entries(data ?? {})) {
      const field = fields.get(key);
      if (!payload || payload.userErrors?.length > 0) continue;
      if (payload.tokens?.accessToken && (field === "sessionCreate" || field === "sessionRefresh")) await this.keep(id, payload);
      else if (ENDING.has(field)) this.forget(id);
      else if (field === "sessionRevoke") await this.check(id);
    }
  }

  /** Forgets the session of a tab if its token is no longer valid. */
  async check(id) {
    const session = this.workspace.get(id)?.session;
    if (!session) return;
    const { status, body } = await post({ query: WHO, operationName: "Who" }, { Authorization: `Bearer ${session.accessToken}` });
    if (status === 401 || (body.data && !body.data.me)) this.forget(id);
  }
}

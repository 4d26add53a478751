// Sends an operation; errors are thrown as sentences.

import { post } from "/assets/shared/http.js";

export class Refused extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** Returns the value of the operation's only root field; throws Refused. */
export async function ask(query, variables = {}, token = null) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const { body } = await post({ query, variables }, headers);
  const [error] = body.errors ?? [];
  if (error) {
    const seconds = error.extensions?.retryAfter;
    throw new Refused(seconds ? `${error.message} Try again in ${inTime(seconds)}.` : error.message, error.extensions?.code);
  }
  const value = Object.values(body.data)[0];
  const problems = value?.userErrors ?? [];
  if (problems.length > 0) throw new Refused(problems.map(({ message }) => sentence(message)).join(" "), problems[0].code);
  return value;
}

function inTime(seconds) {
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}

function sentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

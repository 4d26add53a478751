// Forms for signing in and registering. The access token is kept only in this page.

import { ask } from "/assets/pages/ask.js";
import { field, form } from "/assets/pages/show.js";
import { el } from "/assets/shared/dom.js";

const SIGN_IN = `mutation SignIn($email: String!, $password: String!) {
  sessionCreate(input: { email: $email, password: $password }) {
    tokens { accessToken }
    user { displayName email }
    userErrors { code message }
  }
}`;
const REGISTER = `mutation Register($email: String!, $password: String!, $displayName: String!) {
  userRegister(input: { email: $email, password: $password, displayName: $displayName, accountType: CUSTOMER }) {
    user { email }
    userErrors { code message }
  }
}`;

export const NEW_PASSWORD = { type: "password", autocomplete: "new-password", minlength: 10, maxlength: 200 };
/** Password managers expect a user name beside a password; here it is unknown. */
export const namelessUser = () => el("input", { name: "username", autocomplete: "username", hidden: true });

export const PASSWORD_RULE = "10 to 200 characters.";

/** Calls `done` with the access token and the user. */
export function signInForm(email, done) {
  const fields = [
    field("Email address", "email", { type: "email", autocomplete: "username", value: email ?? "" }),
    field("Password", "password", { type: "password", autocomplete: "current-password" }),
  ];
  const act = async (values) => {
    const { tokens, user } = await ask(SIGN_IN, values);
    await done(tokens.accessToken, user);
  };
  return el("div", {}, form(fields, "Sign in", act), el("p", {}, el("a", { href: "/forgot-password" }, "Forgot your password?")));
}

/** Calls `done` after the account was created and an email for verifying its address was sent. */
export function registerForm(email, done) {
  const fields = [
    field("Email address", "email", { type: "email", autocomplete: "username", value: email, readonly: true }),
    field("Your name", "displayName", { autocomplete: "name", maxlength: 100 }, "Shown to other users."),
    field("Password", "password", NEW_PASSWORD, PASSWORD_RULE),
  ];
  return form(fields, "Register", async (values) => done(await ask(REGISTER, values)));
}

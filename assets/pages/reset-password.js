// Sets a new password with the token from an email.

import { namelessUser, NEW_PASSWORD, PASSWORD_RULE } from "/assets/pages/account.js";
import { ask } from "/assets/pages/ask.js";
import { link } from "/assets/pages/link.js";
import { field, finish, form, incomplete, show } from "/assets/pages/show.js";
import { el } from "/assets/shared/dom.js";

const RESET = `mutation ResetPassword($token: String!, $password: String!) {
  passwordReset(input: { token: $token, password: $password }) { user { email } userErrors { code message } }
}`;

async function reset({ password }) {
  try {
    await ask(RESET, { token: link.token, password });
    finish("Your password is changed.", el("p", {}, "You are signed out everywhere. Sign in with the new password."));
  } catch (error) {
    if (error.code !== "INVALID_TOKEN") throw error;
    show(
      el("p", { class: "bad", role: "alert" }, "This link has expired or was used already."),
      el("p", {}, el("a", { href: "/forgot-password" }, "Request another email")),
    );
  }
}

if (link.token) show(form([namelessUser(), field("New password", "password", NEW_PASSWORD, PASSWORD_RULE)], "Set the password", reset));
else incomplete();

// Requests an email with a link for setting a new password.

import { ask } from "/assets/pages/ask.js";
import { field, finish, form, show } from "/assets/pages/show.js";
import { el } from "/assets/shared/dom.js";

const REQUEST = `mutation RequestPasswordReset($email: String!) {
  passwordResetRequest(input: { email: $email }) { userErrors { code message } }
}`;

show(
  el("p", {}, "We will send you an email with a link for setting a new password."),
  form([field("Email address", "email", { type: "email", autocomplete: "username" })], "Send the email", async (values) => {
    await ask(REQUEST, values);
    finish(`If there is an account with the address ${values.email}, an email was sent to it.`);
  }),
);

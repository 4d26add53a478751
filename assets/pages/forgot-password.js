// Asks for a mail that allows a new password to be set.

import { ask } from "/assets/pages/ask.js";
import { field, finish, form, show } from "/assets/pages/show.js";
import { el } from "/assets/shared/dom.js";

const REQUEST = `mutation RequestPasswordReset($email: String!) {
  passwordResetRequest(input: { email: $email }) { userErrors { code message } }
}`;

show(
  el("p", {}, "We will send you a mail with a link to set a new password."),
  form([field("Email address", "email", { type: "email", autocomplete: "username" })], "Send the mail", async (values) => {
    await ask(REQUEST, values);
    finish(`If there is an account with the address ${values.email}, a mail is on its way to it.`);
  }),
);

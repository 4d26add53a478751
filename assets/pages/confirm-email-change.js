// Confirms a change of the email address after a click.

import { ask } from "/assets/pages/ask.js";
import { link } from "/assets/pages/link.js";
import { button, finish, incomplete, problem, show } from "/assets/pages/show.js";
import { el } from "/assets/shared/dom.js";

const CONFIRM = `mutation ConfirmEmailChange($token: String!) {
  emailChangeConfirm(input: { token: $token }) { user { email } userErrors { code message } }
}`;

async function confirm() {
  try {
    const { user } = await ask(CONFIRM, { token: link.token });
    finish(`Your email address is now ${user.email}.`, el("p", {}, "You are signed out everywhere. Sign in with the new address."));
  } catch (error) {
    if (error.code !== "INVALID_TOKEN") throw error;
    show(
      el("p", { class: "bad", role: "alert" }, "This link has expired or was used already."),
      el("p", {}, "If your address has not changed yet, request the change again."),
    );
  }
}

if (link.token) {
  const place = problem();
  show(
    el("p", {}, "Press the button to use this email address for your account from now on. You will be signed out everywhere."),
    place,
    button("Confirm email address", confirm, place),
  );
} else {
  incomplete();
}

// Verifies an email address. It requires a click, because mail scanners open links and would use up the token.

import { signInForm } from "/assets/pages/account.js";
import { ask } from "/assets/pages/ask.js";
import { link } from "/assets/pages/link.js";
import { button, finish, incomplete, problem, show } from "/assets/pages/show.js";
import { el } from "/assets/shared/dom.js";

const VERIFY = `mutation VerifyEmail($token: String!) {
  userVerifyEmail(input: { token: $token }) { user { email } userErrors { code message } }
}`;
const SEND_AGAIN = `mutation SendVerificationAgain { emailVerificationRequest { userErrors { code message } } }`;

async function verify() {
  try {
    const { user } = await ask(VERIFY, { token: link.token });
    finish(`Thank you. ${user.email} is verified.`, el("p", {}, "You can close this page."));
  } catch (error) {
    if (error.code !== "INVALID_TOKEN") throw error;
    expired();
  }
}

function expired() {
  show(
    el("p", { class: "bad", role: "alert" }, "This link has expired or was used already."),
    el("p", {}, "If your address is not verified yet, sign in, and we will send you another email."),
    signInForm("", async (token, user) => {
      await ask(SEND_AGAIN, {}, token);
      finish(`A new email was sent to ${user.email}.`);
    }),
  );
}

if (link.token) {
  const place = problem();
  show(el("p", {}, "Press the button to confirm that this email address is yours."), place, button("Verify email address", verify, place));
} else {
  incomplete();
}

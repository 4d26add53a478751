// Accepts or declines a store invitation. Accepting requires a sign-in with the invited email address.

import { registerForm, signInForm } from "/assets/pages/account.js";
import { ask } from "/assets/pages/ask.js";
import { link } from "/assets/pages/link.js";
import { button, finish, heading, incomplete, problem, show } from "/assets/pages/show.js";
import { el } from "/assets/shared/dom.js";

const INVITATION = `query Invitation($token: String!) {
  storeInvitation(token: $token) { id storeName email role status expiresAt }
}`;
const ACCEPT = `mutation AcceptInvitation($token: String!) {
  storeInvitationAccept(input: { token: $token }) { member { role } userErrors { code message } }
}`;
const DECLINE = `mutation DeclineInvitation($token: String!) {
  storeInvitationDecline(input: { token: $token }) { invitation { status } userErrors { code message } }
}`;

const ROLES = { OWNER: "full control of the store", MANAGER: "its products and orders", FULFILLER: "its orders" };
const ENDED = {
  ACCEPTED: "This invitation was accepted already.",
  DECLINED: "This invitation was declined.",
  REVOKED: "This invitation was revoked or replaced by a newer one; use the link in the newest email.",
  EXPIRED: "This invitation has expired. Ask the store for another one.",
};

function facts(invitation) {
  const row = (name, value) => [el("dt", {}, name), el("dd", {}, value)];
  return el(
    "dl",
    { class: "facts" },
    row("Store", invitation.storeName),
    row("Access to", ROLES[invitation.role] ?? invitation.role),
    row("Sent to", invitation.email),
    row("Valid until", new Date(invitation.expiresAt).toLocaleString()),
  );
}

async function start() {
  const invitation = await ask(INVITATION, { token: link.token });
  if (!invitation) return show(el("p", { class: "bad" }, "The invitation was not found. It may have been revoked."));
  heading(`Invitation to ${invitation.storeName}`);
  if (invitation.status !== "PENDING") {
    return show(el("p", { class: "bad" }, ENDED[invitation.status] ?? "This invitation can't be accepted any more."));
  }
  choose(invitation);
}

function choose(invitation) {
  const place = problem();
  const decline = async () => {
    await ask(DECLINE, { token: link.token });
    finish(`You declined the invitation of ${invitation.storeName}.`);
  };
  show(
    el("p", {}, `${invitation.storeName} invites you to become a member of the store.`),
    facts(invitation),
    place,
    el(
      "div",
      { class: "buttons" },
      button("Accept", () => signIn(invitation), place),
      button("Decline", decline, place, { class: "second" }),
    ),
  );
}

function signIn(invitation) {
  const accept = async (token) => {
    await ask(ACCEPT, { token: link.token }, token);
    finish(`You are a member of ${invitation.storeName} now.`);
  };
  const place = problem();
  show(
    el("p", { tabindex: "-1" }, `Sign in as ${invitation.email} to accept.`),
    signInForm(invitation.email, accept),
    el("h2", {}, "No account yet?"),
    place,
    button("Register", () => register(invitation), place, { class: "second" }),
  );
  document.querySelector("input[type=password]").focus();
}

function register(invitation) {
  show(
    registerForm(invitation.email, () =>
      finish(
        `Your account was created, and an email was sent to ${invitation.email}.`,
        el("p", {}, "Verify your address with it, then open the link in the invitation again."),
      ),
    ),
  );
}

if (link.token) start().catch((error) => show(el("p", { class: "bad", role: "alert" }, error.message)));
else incomplete();

/** The pages in front of the door: sign in, second factor, register, passwords, links from mails. */

import { Session } from "../mediaflow.js";
import { $, showErrors } from "./ui.js";

const session = new Session();
const query = new URLSearchParams(location.search);
const token = query.get("token") ?? "";

/** Only a path on this server: a crafted `next` must not lead anyone elsewhere. */
function onwards() {
  const next = query.get("next") ?? "";
  location.assign(/^\/(?![/\\])/.test(next) ? next : "/projects");
}

const filled = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
let challenge = "";

const forms = {
  "sign-in": async (fields) => entered(await session.open("/api/auth/login", fields)),
  "second-factor": async ({ code }) =>
    entered(await session.open("/api/auth/2fa", { challenge, code: code.replace(/\s/g, "") })),
  register: async (fields) => entered(await session.open("/api/auth/register", fields)),
  "forgot-password": async (fields, form) => {
    await session.open("/api/auth/forgot-password", fields);
    done(form, "If there is an account with this address, a link is on its way to it.");
  },
  "reset-password": async ({ password }, form) => {
    await session.open("/api/auth/reset-password", { token, password });
    done(form, "Your new password is set. You can sign in with it now.");
  },
  "verify-email": async (_, form) => {
    await session.open("/api/auth/verify-email", { token });
    done(form, "Thank you, your address is confirmed.");
  },
  "accept-invite": async (fields) =>
    entered(await session.open("/api/auth/accept-invite", { token, ...filled(fields) })),
};

function entered(answer) {
  if (!answer.two_factor_required) return onwards();
  const form = $('[data-form="sign-in"]');
  if (!form) return location.assign("/sign-in"); // joined from an invitation; to come in takes the second factor
  challenge = answer.challenge;
  form.hidden = true;
  $('[data-form="second-factor"]').hidden = false;
  return $("#code").focus();
}

function done(form, text) {
  const alert = $(".alert", form);
  alert.textContent = text;
  alert.classList.add("good");
  alert.hidden = false;
  for (const part of form.children) part.hidden = part !== alert;
}

/** Named before they are sent, in words of ours: the browser's own bubbles speak another language than the page. */
function missing(form) {
  const errors = [...form.elements]
    .filter((input) => input.willValidate && !input.checkValidity())
    .map((input) => ({
      field: input.name,
      message: input.value ? "this does not look right." : "please fill this in.",
    }));
  return errors.length ? { errors, message: "" } : null;
}

for (const form of document.querySelectorAll("[data-form]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = missing(form);
    if (wrong) return showErrors(form, wrong);
    const button = $("button[type=submit]", form);
    button.disabled = true;
    try {
      await forms[form.dataset.form](Object.fromEntries(new FormData(form)), form);
    } catch (problem) {
      showErrors(form, problem);
    } finally {
      button.disabled = false;
    }
    return undefined;
  });
}
$("form input")?.focus();

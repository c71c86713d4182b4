// "Pay now" in a dialog, and cards. Without this script the link leads to a page with the same form, and a
// card is typed at PayMongo's. What is typed here goes to PayMongo and nowhere else: the fields have no names.
"use strict";

const DECLINED = {
  card_expired: "This card has expired. Please use another one.",
  cvc_invalid: "The security code is not the card's. Please look again.",
  cvc_incorrect: "The security code is not the card's. Please look again.",
  insufficient_funds: "There is not enough money on this card. Please use another one.",
  processor_unavailable: "Your bank does not answer. Please try again in a minute, or use another card.",
};
// Whatever else a bank says (a stolen card, too) is for nobody's eyes.
const PLAIN = "Your bank declined the card. Please use another one, or another way to pay.";
const CHECK = "Please check the card's number, its date and the security code.";
const LOST = "We could not reach the payment company. Nothing was charged. Please try again.";

for (const link of document.querySelectorAll("[data-opens]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById(link.dataset.opens).showModal();
  });
}

for (const form of document.querySelectorAll("form[data-pay]")) prepare(form);

function prepare(form) {
  const isCard = () => form.elements.method.value === "card";
  const show = () => {
    for (const part of form.querySelectorAll("[data-card]")) part.hidden = !isCard();
    for (const field of form.querySelectorAll("[data-field]")) field.required = isCard();
  };
  form.addEventListener("change", show);
  show();
  for (const sample of form.querySelectorAll("[data-number]")) {
    sample.addEventListener("click", () => fill(form, sample.dataset.number));
  }
  form.addEventListener("submit", (event) => {
    if (!isCard()) return; // the shop sends the browser on
    event.preventDefault();
    payByCard(form);
  });
}

function fill(form, number) {
  const year = (new Date().getFullYear() + 3) % 100;
  for (const [name, value] of [["number", number], ["expiry", `12 / ${year}`], ["cvc", "123"]]) {
    form.querySelector(`[data-field=${name}]`).value = value;
  }
}

async function payByCard(form) {
  const button = form.querySelector("[data-go]");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  tell(form, "");
  try {
    location.assign(await pay(form, details(form)));
  } catch (trouble) {
    tell(form, trouble instanceof Refused ? trouble.message : LOST);
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

class Refused extends Error {}

function details(form) {
  const typed = (name) => form.querySelector(`[data-field=${name}]`).value;
  const [month, year] = typed("expiry").split(/\D+/).filter(Boolean).map(Number);
  if (!(month >= 1 && month <= 12) || year === undefined) throw new Refused(CHECK);
  return {
    card_number: typed("number").replace(/\D/g, ""),
    exp_month: month,
    exp_year: year < 100 ? 2000 + year : year,
    cvc: typed("cvc").trim(),
  };
}

// Opens the payment at the shop, hands the card to PayMongo, and returns the address to go to next.
async function pay(form, typed) {
  const opened = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { Accept: "application/json" },
  });
  const payment = await opened.json();
  if (!opened.ok) throw new Refused(payment.error);
  const made = await ask(payment, "payment_methods", { type: "card", details: typed });
  try {
    const intent = await ask(payment, `payment_intents/${payment.payment_intent_id}/attach`, {
      payment_method: made.id,
      client_key: payment.client_key,
      return_url: payment.return_url,
    });
    return intent.attributes.next_action?.redirect?.url ?? payment.return_url;
  } catch (trouble) {
    if (trouble instanceof Refused) throw trouble;
    return payment.return_url; // whether it was taken is not known here; the shop asks
  }
}

async function ask(payment, path, attributes) {
  const answer = await fetch(`${payment.api_url}/${path}`, {
    method: "POST",
    body: JSON.stringify({ data: { attributes } }),
    headers: { Authorization: `Basic ${btoa(`${payment.public_key}:`)}`, "Content-Type": "application/json" },
  });
  if (answer.status >= 500) throw new Error(`PayMongo answered ${answer.status}`);
  const said = await answer.json();
  if (answer.ok) return said.data;
  const error = said.errors?.[0] ?? {};
  // Taken by an earlier try whose answer was lost, or still at work: the shop finds out which.
  if (/^resource_(succeeded|processing)_state$/.test(error.code)) throw new Error(error.code);
  if (error.sub_code) throw new Refused(DECLINED[error.sub_code] ?? PLAIN);
  throw new Refused(error.code?.startsWith("parameter_") ? CHECK : PLAIN);
}

function tell(form, words) {
  const box = form.querySelector("[data-trouble]");
  box.textContent = words;
  box.hidden = !words;
}

// One purchase with the package `paymongo`. Prints what a test compares, one JSON document.
"use strict";

const Paymongo = require("paymongo");

const { CONTROL, HOOK } = process.env;
const redirect = { success: "http://shop.test/ok", failed: "http://shop.test/no" };

async function payerAgrees(checkout) {
  const answer = await fetch(`${CONTROL}/checkouts/${checkout}/pay`, { method: "POST" });
  if (!answer.ok) throw new Error(await answer.text());
}

async function main() {
  const client = new Paymongo("sk_test_sdk");
  const hook = await client.webhooks.create({
    data: { attributes: { url: HOOK, events: ["source.chargeable", "payment.paid"] } },
  });
  const money = { amount: 10000, currency: "PHP" };
  const source = await client.sources.create({ data: { attributes: { type: "gcash", redirect, ...money } } });
  await payerAgrees(source.data.id);
  const agreed = await client.sources.retrieve(source.data.id);
  const payment = await client.payments.create({
    data: { attributes: { source: { id: source.data.id, type: "source" }, ...money } },
  });
  const seen = await client.payments.retrieve(payment.data.id);
  const all = await client.payments.list();
  const refund = await client.refunds.create({
    data: { attributes: { amount: 2500, payment_id: payment.data.id, reason: "requested_by_customer" } },
  });
  const refused = await client.sources.create({ data: { attributes: { type: "gcash", redirect, ...money, amount: 1 } } })
    .catch((error) => error.code);
  const toggled = await client.webhooks.toggle(hook.data.id, "disable");
  const intent = await intentWithCard(client);
  console.log(JSON.stringify({
    source: agreed.data.attributes.status,
    payment: seen.data.attributes.status,
    listed: all.data.map((row) => row.id === payment.data.id),
    refund: refund.data.attributes.amount,
    refused,
    hook: toggled.data.attributes.status,
    intent,
  }));
}

async function intentWithCard(client) {
  const intent = await client.paymentIntents.create({
    data: { attributes: { amount: 10000, currency: "PHP", payment_method_allowed: ["card"] } },
  });
  const details = { card_number: "4343434343434345", exp_month: 12, exp_year: 2030, cvc: "123" };
  const method = await client.paymentMethods.create({ data: { attributes: { type: "card", details } } });
  const attached = await client.paymentIntents.attach(intent.data.id, {
    data: { attributes: { payment_method: method.data.id } },
  });
  return attached.data.attributes.status;
}

main();

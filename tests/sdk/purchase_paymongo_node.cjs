// One purchase with the package `paymongo-node`. Prints what a test compares, one JSON document.
// Its constructor sets a base URL and uses it at once, so the setting is overridden in its prototype.
"use strict";

const http = require("http");
const Paymongo = require("paymongo-node");

const { CONTROL, SANDBOX } = process.env;
Object.defineProperty(Paymongo.prototype, "baseUrl", { get: () => SANDBOX, set: () => {} });
const money = { amount: 10000, currency: "PHP" };

// A shop that takes deliveries the way the package documents: it verifies, then reads.
function listen(verify) {
  const events = [];
  const server = http.createServer((request, response) => {
    let payload = "";
    request.on("data", (chunk) => (payload += chunk));
    request.on("end", () => {
      events.push(verify(payload, request.headers["paymongo-signature"]));
      response.setHeader("Content-Type", "application/json");
      response.end("{}");
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ events, server, port: server.address().port }));
  });
}

async function control(path) {
  const answer = await fetch(`${CONTROL}/${path}`, { method: "POST" });
  if (!answer.ok) throw new Error(await answer.text());
}

async function main() {
  const client = new Paymongo("sk_test_sdk");
  let secret = "";
  const shop = await listen((payload, signatureHeader) => {
    return client.webhooks.constructEvent({ payload, signatureHeader, webhookSecretKey: secret }).type;
  });
  const hook = await client.webhooks.create({
    url: `http://127.0.0.1:${shop.port}/hook`,
    events: ["source.chargeable", "payment.paid", "link.payment.paid"],
  });
  secret = hook.secret_key;
  const redirect = { success: "http://shop.test/ok", failed: "http://shop.test/no" };
  const source = await client.sources.create({ type: "gcash", redirect, ...money });
  await control(`checkouts/${source.id}/pay`);
  const agreed = await client.sources.retrieve(source.id);
  const payment = await client.payments.create({ source: { id: source.id, type: "source" }, ...money });
  const all = await client.payments.all({ limit: 5 });
  const refund = await client.refunds.create({ amount: 2500, payment_id: payment.id, reason: "others" });
  const refused = await client.sources.create({ type: "gcash", redirect, ...money, amount: 1 }).catch((e) => e.type);
  const missing = await client.payments.retrieve("pay_nobody").catch((e) => e.type);
  await control("deliveries/flush");
  shop.server.close();
  console.log(JSON.stringify({
    source: agreed.status,
    payment: payment.status,
    listed: all.data.map((row) => row.id === payment.id),
    refund: refund.amount,
    refused,
    missing,
    events: shop.events,
  }));
}

main();

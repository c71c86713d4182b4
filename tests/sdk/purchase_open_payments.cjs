// One purchase between wallets with the official client `@interledger/open-payments`, as its makers ship it:
// it signs every call and holds every answer against the official files. Prints one JSON document.
"use strict";

const { createHash } = require("crypto");
const { createAuthenticatedClient, createUnauthenticatedClient, isPendingGrant } = require("@interledger/open-payments");

const { CONTROL, SANDBOX } = process.env;
const nonce = "6fb0c3d2a7e94c8b";

async function control(method, path, body) {
  const answer = await fetch(`${CONTROL}/${path}`, { method, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

// The payer's browser: from the start of the interaction to the shop, with a cookie and without JavaScript.
async function decide(start, action) {
  const started = await fetch(start, { redirect: "manual" });
  const cookie = started.headers.get("set-cookie").split(";")[0];
  const page = { redirect: "manual", headers: { cookie } };
  const body = new URLSearchParams({ action });
  const decided = await fetch(started.headers.get("location"), { ...page, method: "POST", body });
  const back = await fetch(decided.headers.get("location"), page);
  return new URL(back.headers.get("location"));
}

const refusal = (error) => [error.status, error.code ?? null, error.description];

async function main() {
  const { wallet_address, private_key, key_id } = await control("GET", "openpayments/client");
  const client = await createAuthenticatedClient({
    walletAddressUrl: wallet_address,
    privateKey: Buffer.from(private_key),
    keyId: key_id,
  });
  const anybody = await createUnauthenticatedClient({});
  const payer = await client.walletAddress.get({ url: `${SANDBOX}/elena` });
  const payee = await client.walletAddress.get({ url: `${SANDBOX}/bob` });
  const keys = await client.walletAddress.getKeys({ url: wallet_address });

  const atPayee = { url: payee.resourceServer };
  const receiving = await client.grant.request({ url: payee.authServer }, {
    access_token: { access: [{ type: "incoming-payment", actions: ["create", "read", "list", "complete"] }] },
  });
  atPayee.accessToken = receiving.access_token.value;
  const incoming = await client.incomingPayment.create(atPayee, {
    walletAddress: payee.id,
    incomingAmount: { value: "2500", assetCode: payee.assetCode, assetScale: payee.assetScale },
    metadata: { pendingId: "7" },
  });
  const unused = await client.incomingPayment.create(atPayee, { walletAddress: payee.id });
  const closed = await client.incomingPayment.complete({ url: unused.id, accessToken: atPayee.accessToken });
  const open = await anybody.incomingPayment.get({ url: incoming.id });

  const quoting = await client.grant.request({ url: payer.authServer }, {
    access_token: { access: [{ type: "quote", actions: ["create", "read"] }] },
  });
  const atPayer = { url: payer.resourceServer, accessToken: quoting.access_token.value };
  const quote = await client.quote.create(atPayer, { walletAddress: payer.id, receiver: incoming.id, method: "ilp" });
  const same = await client.quote.get({ url: quote.id, accessToken: atPayer.accessToken });

  const ask = () => client.grant.request({ url: payer.authServer }, {
    access_token: {
      access: [{
        type: "outgoing-payment",
        actions: ["create", "read", "list"],
        identifier: payer.id,
        limits: { receiver: incoming.id, debitAmount: quote.debitAmount },
      }],
    },
    interact: { start: ["redirect"], finish: { method: "redirect", uri: "http://shop.test/finish?pendingId=7", nonce } },
  });
  const rejected = (await decide((await ask()).interact.redirect, "reject")).searchParams;
  const asked = await ask();
  const back = (await decide(asked.interact.redirect, "accept")).searchParams;
  const proof = [nonce, asked.interact.finish, back.get("interact_ref"), payer.authServer].join("\n");
  const go = { url: asked.continue.uri, accessToken: asked.continue.access_token.value };
  const proceed = () => client.grant.continue(go, { interact_ref: back.get("interact_ref") });
  const early = await proceed().catch(refusal);
  await control("POST", "clock", { advance_seconds: asked.continue.wait });
  const granted = await proceed();

  const token = await client.token.rotate({
    url: granted.access_token.manage,
    accessToken: granted.access_token.value,
  });
  const paying = { url: payer.resourceServer, accessToken: token.access_token.value };
  const stale = await client.outgoingPayment
    .create({ ...paying, accessToken: granted.access_token.value }, { walletAddress: payer.id, quoteId: quote.id })
    .catch(refusal);
  const outgoing = await client.outgoingPayment.create(paying, { walletAddress: payer.id, quoteId: quote.id });
  const again = await client.outgoingPayment
    .create(paying, { walletAddress: payer.id, quoteId: quote.id })
    .catch(refusal);
  await control("POST", "clock", { advance_seconds: 10 });
  const sent = await client.outgoingPayment.get({ url: outgoing.id, accessToken: paying.accessToken });
  const received = await client.incomingPayment.get({ url: incoming.id, accessToken: atPayee.accessToken });
  const listed = await client.outgoingPayment.list({ ...paying, walletAddress: payer.id });
  const both = await client.incomingPayment.list({ ...atPayee, walletAddress: payee.id }, { first: 1 });
  const spent = await client.outgoingPayment.getGrantSpentAmounts(paying);
  await client.token.revoke({ url: token.access_token.manage, accessToken: token.access_token.value });
  await client.grant.cancel(go);

  console.log(JSON.stringify({
    payer: payer.publicName,
    keys: keys.keys.map((key) => key.kid),
    closed: closed.completed,
    open: open.receivedAmount.value,
    quote: [same.debitAmount.value, same.debitAmount.assetCode, same.receiveAmount.value],
    pending: [isPendingGrant(asked), isPendingGrant(granted)],
    rejected: Object.fromEntries(rejected),
    proof: back.get("hash") === createHash("sha256").update(proof).digest("base64"),
    early,
    stale,
    again,
    sent: [sent.failed, sent.sentAmount.value],
    received: [received.completed, received.receivedAmount.value],
    listed: listed.result.map((row) => row.id === outgoing.id),
    pages: [both.result.length, both.pagination.hasNextPage],
    spent: [spent.spentDebitAmount.value, spent.spentReceiveAmount.value],
  }));
}

main();

// One purchase with PhonePe's own Node client. Prints what a test compares, one JSON document.
// Only the client's base URLs are changed.
"use strict";

const http = require("http");
const { BaseUrl } = require("pg-sdk-node/dist/common/constants/BaseUrl");

const { CONTROL, SANDBOX } = process.env;
Object.assign(BaseUrl.SANDBOX, { PG_HOST_URL: SANDBOX, OAUTH_HOST_URL: SANDBOX });
const {
  CreateSdkOrderRequest, Env, MetaInfo, RefundRequest, StandardCheckoutClient, StandardCheckoutPayRequest,
} = require("pg-sdk-node");

const [USERNAME, PASSWORD] = ["shop_hooks", "Secret123"];
const BACK = "http://shop.test/back";

async function control(path, body = {}, method = "POST") {
  const answer = await fetch(`${CONTROL}/${path}`, { method, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

// A shop that takes webhooks the way the package documents it: it verifies, then reads.
function listen(client) {
  const events = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const told = client.validateCallback(USERNAME, PASSWORD, request.headers.authorization, body);
      events.push([told.event ?? JSON.parse(body).event, told.payload.state]);
      response.end();
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ events, server, port: server.address().port }));
  });
}

function order(reference, amount = 49900) {
  const meta = MetaInfo.builder().udf1("cart-77").build();
  return StandardCheckoutPayRequest.builder()
    .merchantOrderId(reference).amount(amount).redirectUrl(BACK).metaInfo(meta).build();
}

const refused = (call) => call.then(() => null, (error) => [error.constructor.name, error.code ?? null]);

async function purchase(client) {
  const made = await client.pay(order("DS-1"));
  await control(`checkouts/${made.orderId}/decline`);
  const declined = await client.getOrderStatus("DS-1");
  await control(`checkouts/${made.orderId}/pay`);
  const paid = await client.getOrderStatus("DS-1", true);
  const attempt = await client.getTransactionStatus(paid.paymentDetails.at(-1).transactionId);
  const mobile = CreateSdkOrderRequest.StandardCheckoutBuilder()
    .merchantOrderId("DS-2").amount(100).redirectUrl(BACK).build();
  return {
    page: made.redirectUrl.startsWith(SANDBOX),
    states: [made.state, declined.state, paid.state, attempt.state],
    meta: paid.metaInfo.udf1,
    attempts: paid.paymentDetails.map((detail) => detail.state),
    latest: (await client.getOrderStatus("DS-1")).paymentDetails.map((detail) => detail.state),
    rail: paid.paymentDetails.at(-1).splitInstruments[0].rail.type,
    sdk_order: Boolean((await client.createSdkOrder(mobile)).token),
  };
}

async function refund(client) {
  const request = RefundRequest.builder()
    .merchantRefundId("R-1").originalMerchantOrderId("DS-1").amount(10000).build();
  const states = [(await client.refund(request)).state];
  for (let number = 0; number < 2; number += 1) {
    await control("clock", { advance_seconds: 2 });
    states.push((await client.getRefundStatus("R-1")).state);
  }
  return { refund: states };
}

async function errors(client) {
  const said = {
    small: await refused(client.pay(order("DS-3", 1))),
    used: await refused(client.pay(order("DS-1"))),
    unknown: await refused(client.getOrderStatus("DS-9")),
  };
  await control("faults", { on: "request", fault: "error_before", status: 503, match: { call: "read" } });
  said.trouble = (await refused(client.getOrderStatus("DS-1")))[0];
  await control("faults", {}, "DELETE");
  await control("phonepe/tokens", {}, "DELETE");
  said.token = await refused(client.getOrderStatus("DS-1"));
  said.after = (await client.getOrderStatus("DS-1")).state;
  return said;
}

async function main() {
  const client = StandardCheckoutClient.getInstance("SHOP", "secret", 1, Env.SANDBOX, false);
  const shop = await listen(client);
  const hook = { url: `http://127.0.0.1:${shop.port}/`, username: USERNAME, password: PASSWORD };
  await control("phonepe/webhooks", hook);
  const told = { ...(await purchase(client)), ...(await refund(client)), ...(await errors(client)) };
  await control("deliveries/flush");
  console.log(JSON.stringify({ ...told, events: shop.events }));
  process.exit(0);
}

main();

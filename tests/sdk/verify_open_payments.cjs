// Holds signed requests against the official verifier: what comes out for each, and whether its headers are complete.
const { readFileSync } = require("node:fs");
const { validateSignature, validateSignatureHeaders } = require("@interledger/http-signature-utils");

async function main() {
  const { jwk, requests } = JSON.parse(readFileSync(process.env.REQUESTS, "utf8"));
  const found = [];
  for (const request of requests) {
    const complete = validateSignatureHeaders(request);
    found.push([complete, complete && (await validateSignature(jwk, request))]);
  }
  console.log(JSON.stringify({ found }));
}

main();

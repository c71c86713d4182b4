// Sends what a client addresses to PayMongo to a sandbox instead. For clients whose base URL is a constant:
//   SANDBOX=http://127.0.0.1:8900/paymongo node --require ./base_url.cjs your-program.js
"use strict";

const http = require("http");
const https = require("https");

const sandbox = new URL(process.env.SANDBOX);
const request = https.request;

https.request = (options, ...rest) => {
  if (options.hostname !== "api.paymongo.com") return request(options, ...rest);
  const { hostname, port, pathname } = sandbox;
  const path = pathname.replace(/\/$/, "") + options.path;
  return http.request({ ...options, protocol: "http:", hostname, port, path, agent: http.globalAgent }, ...rest);
};

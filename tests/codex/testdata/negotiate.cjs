// Fetches a page through the environment's proxy, with a SPNEGO token for the principal of the host's canonical name.
const { promises: dns } = require("dns");
const { initializeClient } = require("kerberos");
const { EnvHttpProxyAgent, request } = require("undici");

async function main(page) {
  const { address } = await dns.lookup(new URL(page).hostname);
  const { hostname } = await dns.lookupService(address, 443);
  console.log("lookupService", hostname);
  const client = await initializeClient(`HTTP@${hostname}`);
  const token = await client.step("");
  const answer = await request(page, { dispatcher: new EnvHttpProxyAgent(), headers: { authorization: `Negotiate ${token}` } });
  console.log("status", answer.statusCode);
}

main(process.argv[2]).catch((e) => console.log("failed:", e.message));

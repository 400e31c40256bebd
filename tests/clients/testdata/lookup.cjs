// Looks a name up as dns.lookup (getaddrinfo), dns.resolve* (c-ares), Node's own fetch and the undici of npm do.
const dns = require('node:dns').promises;
const [how, name, type] = process.argv.slice(2);
const text = async (response) => console.log(await response.text());
const ways = {
  lookup: async () => console.log(await dns.lookup(name, {all: true})),
  resolve: async () => console.log(type === 'A' ? await dns.resolve4(name) : await dns.resolve6(name)),
  resolveAny: async () => console.log(await dns.resolve(name, type), await dns.resolveCname(name).catch(() => [])),
  fetch: async () => text(await fetch(`http://${name}:8080/`)),
  undici: async () => text(await require(process.env.UNDICI).fetch(`http://${name}:8080/`)),
};
(async () => {
  if (how === 'undici') require(process.env.UNDICI);
  const start = process.hrtime.bigint();
  try {
    await ways[how]();
  } catch (error) {
    console.log(`error: ${error.message}${error.cause ? `: ${error.cause.message}` : ''}`);
  }
  console.log(`took ${Number(process.hrtime.bigint() - start) / 1e6}`);
  process.exit();
})();

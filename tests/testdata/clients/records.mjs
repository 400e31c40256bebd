// Asks by each function of Node's dns about what its arguments name, and prints what it gets: node records.mjs FUNCTION:NAME...
import { promises as dns } from 'node:dns';

const ways = {
  lookup: (name) => dns.lookup(name, { all: true }),
  lookupService: (address) => dns.lookupService(address, 443),
};

// Lists in an order that does not depend on which networks are there.
const sorted = (found) => (Array.isArray(found) ? found.map((one) => JSON.stringify(one)).sort().join(' ') : JSON.stringify(found));

for (const arg of process.argv.slice(2)) {
  const [how, name] = arg.split(/:(.*)/s);
  const ask = ways[how] ?? (dns[how] && ((name) => dns[how](name)));
  try {
    console.log(arg, ask ? sorted(await ask(name)) : 'not in this Node');
  } catch (error) {
    console.log(arg, error.message);
  }
}

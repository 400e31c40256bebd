// Looks a name up by c-ares, many times, and prints how long each took, in nanoseconds: node lookup.js NAME N
const { resolve4 } = require('node:dns').promises
const [name, n] = process.argv.slice(2)

async function main () {
  for (let i = 0; i < Number(n); i++) {
    const start = process.hrtime.bigint()
    await resolve4(name)
    console.log(String(process.hrtime.bigint() - start))
  }
}

main()

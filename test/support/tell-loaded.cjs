// For --require: when the program ends, says on standard error which of Node's modules and which of the program's files it loaded.
const path = require('node:path')
const {writeSync} = require('node:fs')

const PREFIX = 'NativeModule '

process.once('exit', () => {
  const builtins = process.moduleLoadList
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length))
  const files = Object.keys(require.cache)
    .filter((file) => /\.c?js$/.test(file))
    .map((file) => path.basename(file))
  writeSync(2, `\nloaded ${JSON.stringify({builtins, files})}\n`)
})

// A mocha reporter: the usual one, which also writes down in which files something failed, for scripts/test.js.
const {writeFileSync} = require('node:fs')
const process = require('node:process')
const {reporters, Runner} = require('mocha')

class FailedFiles extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const files = new Set()
    // A failed hook belongs to a suite; its file is that of the test it was run for.
    runner.on(Runner.constants.EVENT_TEST_FAIL, (test) => files.add(test.file ?? test.ctx?.currentTest?.file ?? ''))
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      writeFileSync(process.env.TSCLUSTER_FAILED_FILES, JSON.stringify([...files]))
    })
  }
}

module.exports = FailedFiles

/** `tscluster --cluster …`: redis-cli's own command lines. bin/run.js leads them here. */
import {Command} from '@oclif/core'

export default class RedisCli extends Command {
  static override hidden = true
  static override strict = false
  static override summary = "take redis-cli's and valkey-cli's cluster command lines as they are"

  /** Not oclif's parser: redis-cli's grammar is another one (`-h` takes a host, words may precede options). */
  async run(): Promise<void> {
    const [{runRedisCli}, {processWorld}] = await Promise.all([
      import('../cli/redis-cli/run.js'),
      import('../cli/world.js'),
    ])
    const argv = this.argv[0] === '--' ? this.argv.slice(1) : this.argv
    process.exitCode = await runRedisCli(argv, process.argv[1] ?? '', processWorld())
  }
}

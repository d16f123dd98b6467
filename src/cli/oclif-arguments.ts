/** What the front doors hand to oclif. */

/**
 * redis-cli's options stand before its words, so `--cluster` makes the line redis-cli's only where it begins with an option:
 * behind a command name of ours it is that command's own argument. Behind `--` oclif looks for no flags of its own, which
 * matters because redis-cli's `-h` is no cry for help.
 */
export function oclifArguments(args: readonly string[]): readonly string[] {
  const asRedisCli = args[0]?.startsWith('-') === true && args.includes('--cluster')
  return asRedisCli ? ['redis-cli', '--', ...args] : args
}

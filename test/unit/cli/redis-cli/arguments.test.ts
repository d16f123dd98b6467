import {expect} from 'chai'
import {parseArguments} from '../../../../src/cli/redis-cli/arguments.js'
import type {Invocation} from '../../../../src/cli/redis-cli/invocation.js'
import {isManagerError} from '../../../../src/manager/error.js'

type Environment = Readonly<Record<string, string>>

function parse(line: string, env: Environment = {}): Invocation {
  const parsed = parseArguments(line.split(' '), env)
  if (parsed.kind !== 'run') throw new Error(`usage, where an invocation was expected: ${line}`)
  return parsed.invocation
}

function refusal(line: string): string {
  try {
    parseArguments(line.split(' '), {})
  } catch (error) {
    if (isManagerError(error, 'usage')) return error.message
    throw error
  }
  return ''
}

describe("redis-cli's command line", () => {
  it('gives the words after the subcommand to it, up to the first option', () => {
    const {subcommand, words} = parse('--cluster create a:1 b:2 c:3 --cluster-replicas 1 stray')
    expect(subcommand).to.equal('create')
    expect(words).to.deep.equal(['a:1', 'b:2', 'c:3'])
  })

  it('takes options before, between and behind', () => {
    const {words, cluster, connection} = parse('-a secret --cluster info --cluster-yes a:1 --tls')
    expect(words).to.deep.equal(['a:1'])
    expect(cluster.yes).to.equal(true)
    expect(connection).to.include({password: 'secret', tls: true})
  })

  it('accepts and ignores what only other modes of redis-cli use', () => {
    expect(parse('-h somewhere -p 6379 -n 3 -c --raw --json --cluster info a:1').words).to.deep.equal(['a:1'])
  })

  it('lets the last occurrence of an option count', () => {
    expect(parse('--cluster reshard a:1 --cluster-slots 5 --cluster-slots 7').cluster.slots).to.equal(7)
  })

  for (const [valkey, redis, read] of [
    [
      '--cluster-use-empty-primaries',
      '--cluster-use-empty-masters',
      ({cluster}: Invocation) => cluster.useEmptyPrimaries,
    ],
    ['--cluster-replica', '--cluster-slave', ({cluster}: Invocation) => cluster.replica],
    ['--cluster-only-primaries', '--cluster-only-masters', ({cluster}: Invocation) => cluster.onlyPrimaries],
    [
      '--cluster-fix-with-unreachable-primaries',
      '--cluster-fix-with-unreachable-masters',
      ({cluster}: Invocation) => cluster.fixWithUnreachablePrimaries,
    ],
  ] as const) {
    it(`reads ${valkey} as ${redis}`, () => {
      expect(read(parse(`--cluster call a:1 ping ${valkey}`))).to.equal(true)
      expect(read(parse(`--cluster call a:1 ping ${redis}`))).to.equal(true)
      expect(read(parse('--cluster call a:1 ping'))).to.equal(false)
    })
  }

  it('reads --cluster-primary-id as --cluster-master-id, and --pass as -a', () => {
    expect(parse('--cluster add-node a:1 b:2 --cluster-primary-id x').cluster.primaryId).to.equal('x')
    expect(parse('--cluster info a:1 --pass x').connection.password).to.equal('x')
  })

  it('takes all weights that follow --cluster-weight', () => {
    const {cluster} = parse('--cluster rebalance a:1 --cluster-weight n1=2 n2=0.5 --cluster-simulate')
    expect(cluster.weights).to.deep.equal(['n1=2', 'n2=0.5'])
    expect(cluster.simulate).to.equal(true)
  })

  it("has redis-cli's defaults", () => {
    const {cluster, delimiter} = parse('--cluster rebalance a:1')
    expect(cluster).to.include({timeoutMs: 60_000, thresholdPercent: 2, slots: 0, replicas: 0, yes: false})
    expect(delimiter).to.equal('\n')
  })
})

describe('who logs in', () => {
  it('is said by -a and --user, or by a URL, of which only the login and the scheme count', () => {
    const {connection} = parse('-u rediss://bob:p%40ss@elsewhere:1/2 --cluster info a:1')
    expect(connection).to.include({user: 'bob', password: 'p@ss', tls: true})
  })

  it('is taken from the environment when the line does not say', () => {
    expect(parse('--cluster info a:1', {REDISCLI_AUTH: 'env'}).connection.password).to.equal('env')
    expect(parse('--cluster info a:1', {VALKEYCLI_AUTH: 'env'}).connection.password).to.equal('env')
    expect(parse('-a line --cluster info a:1', {REDISCLI_AUTH: 'env'}).connection.password).to.equal('line')
  })

  it('is worth a warning only on the line, and only if it was not waved away', () => {
    expect(parse('-a x --cluster info a:1').warnAboutPassword).to.equal(true)
    expect(parse('-u redis://default:x@h --cluster info a:1').warnAboutPassword).to.equal(true)
    expect(parse('-a x --no-auth-warning --cluster info a:1').warnAboutPassword).to.equal(false)
    expect(parse('--cluster info a:1', {REDISCLI_AUTH: 'x'}).warnAboutPassword).to.equal(false)
  })

  it('needs no user in a URL', () => {
    expect(parse('-u redis://:x@h --cluster info a:1').connection).to.include({user: undefined, password: 'x'})
  })
})

describe('the environment', () => {
  for (const name of ['REDISCLI_CLUSTER_YES', 'VALKEYCLI_CLUSTER_YES']) {
    it(`says yes by ${name}=1, and by nothing else`, () => {
      expect(parse('--cluster fix a:1', {[name]: '1'}).cluster.yes).to.equal(true)
      expect(parse('--cluster fix a:1', {[name]: 'yes'}).cluster.yes).to.equal(false)
    })
  }
})

describe('a wrong line is refused in redis-cli words', () => {
  for (const [line, message] of [
    ['--cluster check a:1 --cluster-foo', "Unrecognized option or bad number of args for: '--cluster-foo'"],
    ['--cluster check a:1 --cluster-slots', "Unrecognized option or bad number of args for: '--cluster-slots'"],
    ['--cluster call a:1 set x -1', "Unrecognized option or bad number of args for: '-1'"],
    ['-4 -6 --cluster check a:1', 'Options -4 and -6 are mutually exclusive.'],
    ['-t soon --cluster check a:1', 'Invalid connection timeout for -t.'],
    ['-u http://a --cluster check a:1', 'Invalid URI scheme'],
  ] as const) {
    it(line, () => {
      expect(refusal(line)).to.equal(message)
    })
  }

  it('two lists of weights', () => {
    const message = refusal('--cluster rebalance a:1 --cluster-weight n=1 --cluster-weight m=2')
    expect(message.split('\n')).to.have.length(3)
    expect(message).to.match(/^WARNING: you cannot use --cluster-weight more than once/)
  })
})

describe('a mistyped number is refused, not read as another', () => {
  for (const [option, text] of [
    ['--cluster-slots', 'abc'],
    ['--cluster-slots', '20000'],
    ['--cluster-slots', '-5'],
    ['--cluster-replicas', '1x'],
    ['--cluster-pipeline', '0'],
    ['--cluster-timeout', '1s'],
    ['--cluster-threshold', '2%'],
  ] as const) {
    it(`${option} ${text}`, () => {
      expect(refusal(`--cluster reshard a:1 ${option} ${text}`)).to.match(
        new RegExp(`^\\[ERR\\] Invalid ${option} '${text}': give a number`),
      )
    })
  }

  it('--cluster-weight without a weight', () => {
    expect(refusal('--cluster rebalance a:1 --cluster-weight abc')).to.match(/^\[ERR\] Invalid --cluster-weight 'abc'/)
  })
})

describe('the usage text', () => {
  it('is shown to who asks for it', () => {
    expect(parseArguments(['--cluster', 'info', '--help'], {})).to.deep.equal({kind: 'usage', asked: true})
    expect(parseArguments(['--cluster', 'info', '-h'], {})).to.deep.equal({kind: 'usage', asked: true})
  })

  it('answers a line without a subcommand, or with two', () => {
    expect(parseArguments(['--cluster'], {})).to.deep.equal({kind: 'usage', asked: false})
    expect(parseArguments('--cluster info a:1 --cluster check'.split(' '), {})).to.deep.equal({
      kind: 'usage',
      asked: false,
    })
  })
})

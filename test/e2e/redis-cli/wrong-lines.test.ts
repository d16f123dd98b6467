/** Lines that fail before anything is sent, or because nobody answers: our words and codes are those of the original. */
import {expect} from 'chai'
import {describeOnServers} from '../../support/real-servers.js'
import {expectSame, ours} from './side-by-side.js'

/** Nobody listens on port 1. */
const NOBODY = '127.0.0.1:1'

const LINES: readonly string[] = [
  '--cluster create',
  '--cluster check',
  '--cluster info',
  '--cluster fix',
  '--cluster reshard',
  '--cluster rebalance',
  '--cluster call',
  `--cluster call ${NOBODY}`,
  `--cluster add-node ${NOBODY}`,
  '--cluster add-node a:1 b:2 c:3',
  `--cluster del-node ${NOBODY}`,
  `--cluster set-timeout ${NOBODY}`,
  `--cluster backup ${NOBODY}`,
  '--cluster import 127.0.0.1 1',
  '--cluster frobnicate',
  '--cluster Check 127.0.0.1:1',
  '--cluster --cluster-yes info',
  '--cluster check 127.0.0.1',
  '--cluster check 127.0.0.1:http',
  '--cluster check 127.0.0.1:0',
  '--cluster check 127.0.0.1 http',
  '--cluster call 127.0.0.1 1 ping',
  '--cluster create 127.0.0.1 127.0.0.1:1 127.0.0.1:1',
  `--cluster check ${NOBODY}`,
  '--cluster check 127.0.0.1 1',
  '--cluster check 127.0.0.1:1@10001',
  '--cluster check localhost:1',
  '--cluster check ::1:1',
  '--cluster check no-such-host.invalid:1',
  `--cluster create ${NOBODY} ${NOBODY} ${NOBODY}`,
  `--cluster add-node ${NOBODY} ${NOBODY}`,
  `--cluster del-node ${NOBODY} abc`,
  `--cluster check ${NOBODY} --cluster-frobnicate`,
  `--cluster check ${NOBODY} --cluster-slots`,
  `--cluster call ${NOBODY} set x -1`,
  `-a secret --cluster check ${NOBODY}`,
  `--cluster check ${NOBODY} --pass secret --no-auth-warning`,
  '-a secret --cluster frobnicate',
  `-u http://a --cluster check ${NOBODY}`,
  `-u redis://default:secret@a --cluster check ${NOBODY}`,
  `-t soon --cluster check ${NOBODY}`,
  `-4 -6 --cluster check ${NOBODY}`,
  `-X tag --cluster call ${NOBODY} get key`,
  `--cluster set-timeout ${NOBODY} 50`,
  `--cluster set-timeout ${NOBODY} soon`,
  `--cluster import ${NOBODY}`,
  `--cluster import ${NOBODY} --cluster-from somewhere`,
  `--cluster rebalance ${NOBODY} --cluster-weight a=1 --cluster-weight b=2`,
  `-h 127.0.0.1 -p 1 -n 2 -c --raw --json --cluster info ${NOBODY}`,
]

describeOnServers('wrong lines', ['redis-8.0'], (flavour) => {
  for (const line of LINES) {
    it(line, async () => {
      await expectSame(flavour, line.split(' '))
    })
  }

  it('an option that only valkey-cli knows is taken in both flavours', async () => {
    const {stderr} = await ours(flavour, ['--cluster', 'check', NOBODY, '--cluster-only-primaries'])
    expect(stderr).to.match(/^Could not connect to (Redis|Valkey) at 127.0.0.1:1: Connection refused\n$/)
  })
})

describeOnServers('wrong lines in the words of valkey-cli', ['valkey-9.1'], (flavour) => {
  for (const line of LINES.filter((each) => /^--cluster (check|create|add-node)/.test(each))) {
    it(line, async () => {
      await expectSame(flavour, line.split(' '))
    })
  }
})

describe('wrong lines that redis-cli takes for something else', () => {
  for (const [line, complaint] of [
    [`--cluster reshard ${NOBODY} --cluster-slots abc`, /^\[ERR\] Invalid --cluster-slots 'abc'/],
    [`--cluster reshard ${NOBODY} --cluster-slots 20000`, /^\[ERR\] Invalid --cluster-slots '20000'/],
    [`--cluster reshard ${NOBODY} --cluster-slots -5`, /^\[ERR\] Invalid --cluster-slots '-5'/],
    [`--cluster rebalance ${NOBODY} --cluster-threshold much`, /^\[ERR\] Invalid --cluster-threshold 'much'/],
    [`--cluster create ${NOBODY} ${NOBODY} --cluster-replicas one`, /^\[ERR\] Invalid --cluster-replicas 'one'/],
  ] as const) {
    it(line, async () => {
      const {stdout, stderr, code} = await ours('redis-8.0', line.split(' '))
      expect({stdout, code}).to.deep.equal({stdout: '', code: 1})
      expect(stderr).to.match(complaint)
    })
  }

  it('a line without a subcommand: the usage text on standard error', async () => {
    const {stdout, stderr, code} = await ours('redis-8.0', ['--cluster'])
    expect({stdout, code}).to.deep.equal({stdout: '', code: 1})
    expect(stderr).to.match(/^Usage: tscluster/)
  })
})

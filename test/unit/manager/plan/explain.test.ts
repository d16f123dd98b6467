import {expect} from 'chai'
import {DEFAULT_SETTINGS} from '../../../../src/manager/plan/plan.js'
import {describeStep, explainStep, namesIn} from '../../../../src/manager/plan/explain.js'
import {MIGRATE_REASONS} from '../../../../src/manager/plan/migrate-reason.js'
import {primaryId} from '../../../support/topologies.js'
import {A, B, EVERY_STEP} from '../../../support/steps.js'

const names = namesIn({
  nodes: [
    {id: A, address: '10.0.0.1:7001'},
    {id: B, address: '10.0.0.2:7002'},
  ],
})

describe('a step in a sentence', () => {
  const sentences: Record<string, string> = {
    'set-config': 'set cluster-node-timeout to 500 on 10.0.0.1:7001, for good',
    'set-config-epoch': 'give 10.0.0.1:7001 the config epoch 3',
    'add-slots': 'give 5461 slots (0-5460) to 10.0.0.1:7001',
    meet: 'introduce 10.0.0.1:7001 to 10.0.0.2:7002',
    replicate: 'make 10.0.0.1:7001 a replica of 10.0.0.2:7002',
    'wait-agreement': 'wait until 2 nodes agree and accept writes',
    'wait-forgotten': 'wait until no node names 10.0.0.1:7001 any more',
    'wait-alone': 'wait until 1 node is alone',
    'wait-sync': 'wait until 10.0.0.1:7001 is in sync with its primary',
    'flush-functions': 'remove all functions of 10.0.0.1:7001',
    'copy-functions': 'copy the functions of 10.0.0.1:7001 to 10.0.0.2:7002',
    'move-slots': 'move 101 slots (0-99 200) from 10.0.0.1:7001 to 10.0.0.2:7002',
    'migrate-slots': 'move 101 slots (0-99 200) from 10.0.0.1:7001 to 10.0.0.2:7002 atomically',
    'collect-keys': 'bring the keys of slot 5 from 10.0.0.1:7001 to 10.0.0.2:7002',
    'claim-slots': 'let 10.0.0.1:7001 claim slot 5',
    'assign-slots': 'tell 10.0.0.1:7001 that 10.0.0.2:7002 owns slot 5',
    'close-slots': 'close slot 5 on 10.0.0.1:7001',
    'del-slots': 'take slot 5 from 10.0.0.1:7001',
    forget: 'let 10.0.0.2:7002 forget 10.0.0.1:7001',
    reset: 'reset 10.0.0.1:7001 (hard)',
    failover: 'make 10.0.0.1:7001 primary (force)',
    'copy-keys': 'copy the keys of database 0 of 127.0.0.1:6379 into the cluster',
  }
  for (const [kind, step] of Object.entries(EVERY_STEP)) {
    it(`says what ${kind} does`, () => expect(describeStep(step, names)).to.equal(sentences[kind]))
  }

  it('counts ranges instead of listing many', () => {
    const step = {kind: 'move-slots', slots: '0 2 4 6 8-9', source: A, target: B} as const
    expect(describeStep(step, names)).to.equal(
      'move 6 slots (0 2 4 and 2 more ranges) from 10.0.0.1:7001 to 10.0.0.2:7002',
    )
  })

  it('calls a node by its short id when the plan has no address for it', () => {
    expect(names(primaryId(9))).to.equal('a0000009')
  })
})

describe('the commands of a step', () => {
  const commands: Record<string, string[]> = {
    'set-config': ['10.0.0.1:7001> CONFIG SET cluster-node-timeout 500', '10.0.0.1:7001> CONFIG REWRITE'],
    'set-config-epoch': ['10.0.0.1:7001> CLUSTER SET-CONFIG-EPOCH 3'],
    'add-slots': ['10.0.0.1:7001> CLUSTER ADDSLOTSRANGE 0 5460'],
    meet: ['10.0.0.1:7001> CLUSTER MEET 10.0.0.2 7002'],
    replicate: [`10.0.0.1:7001> CLUSTER REPLICATE ${B}`],
    'wait-agreement': ['# CLUSTER MEET once more where the news is slow to spread'],
    'wait-forgotten': ['# CLUSTER FORGET once more on a node that learned of it again'],
    'wait-alone': ['# CLUSTER RESET HARD, or CLUSTER FORGET, once more where a node was learned of again'],
    'wait-sync': [],
    'flush-functions': ['10.0.0.1:7001> FUNCTION FLUSH'],
    'copy-functions': ['10.0.0.1:7001> FUNCTION DUMP', '10.0.0.2:7002> FUNCTION RESTORE <dump> REPLACE'],
    'move-slots': [
      '# for each slot of 0-99 200',
      `10.0.0.2:7002> CLUSTER SETSLOT <slot> IMPORTING ${A}`,
      `10.0.0.1:7001> CLUSTER SETSLOT <slot> MIGRATING ${B}`,
      '10.0.0.1:7001> MIGRATE 10.0.0.2 7002 "" 0 60000 KEYS <key> …',
      `10.0.0.2:7002> CLUSTER SETSLOT <slot> NODE ${B}`,
      `10.0.0.1:7001> CLUSTER SETSLOT <slot> NODE ${B}`,
      `every other primary> CLUSTER SETSLOT <slot> NODE ${B}`,
    ],
    'migrate-slots': [
      '# --atomic: no other way is taken when it fails',
      '# many keys go in several ranges, one after another',
      `10.0.0.1:7001> CLUSTER MIGRATESLOTS SLOTSRANGE 0 99 200 200 NODE ${B}`,
    ],
    'collect-keys': [
      `10.0.0.1:7001> CLUSTER SETSLOT 5 IMPORTING ${B}`,
      '10.0.0.1:7001> MIGRATE 10.0.0.2 7002 "" 0 60000 KEYS <key> …',
      '10.0.0.1:7001> CLUSTER SETSLOT 5 STABLE',
    ],
    'claim-slots': [
      '10.0.0.1:7001> MULTI',
      '10.0.0.1:7001> CLUSTER DELSLOTS 5',
      '10.0.0.1:7001> CLUSTER ADDSLOTS 5',
      '10.0.0.1:7001> CLUSTER BUMPEPOCH',
      '10.0.0.1:7001> EXEC',
      '10.0.0.1:7001> CLUSTER SETSLOT 5 STABLE',
    ],
    'assign-slots': ['# for each slot of 5', `10.0.0.1:7001> CLUSTER SETSLOT <slot> NODE ${B}`],
    'close-slots': ['# for each slot of 5', '10.0.0.1:7001> CLUSTER SETSLOT <slot> STABLE'],
    'del-slots': ['# for each slot of 5', '10.0.0.1:7001> CLUSTER DELSLOTS <slot>'],
    forget: [`10.0.0.2:7002> CLUSTER FORGET ${A}`],
    reset: ['10.0.0.1:7001> CLUSTER RESET HARD'],
    failover: ['10.0.0.1:7001> CLUSTER FAILOVER FORCE'],
    'copy-keys': [
      '127.0.0.1:6379> SELECT 0',
      '127.0.0.1:6379> SCAN <cursor>',
      '# for each batch of keys, to the primary of their slot',
      '127.0.0.1:6379> MIGRATE <host> <port> "" 0 60000 COPY KEYS <key> …',
    ],
  }
  for (const [kind, step] of Object.entries(EVERY_STEP)) {
    it(`are shown for ${kind}`, () => expect(explainStep(step, names)).to.deep.equal(commands[kind]))
  }

  it('say who is asked, and what is done when it fails, of an atomic migration that was not asked for', () => {
    const step = {...EVERY_STEP['migrate-slots'], asks: 'target', fallback: true} as const
    expect(explainStep(step, names)).to.deep.equal([
      '# both ends can move slots whole; with MIGRATE when that fails again and again',
      '# many keys go in several ranges, one after another',
      '10.0.0.2:7002> CLUSTER MIGRATION IMPORT 0 99 200 200',
    ])
  })

  it('say why a lane goes with MIGRATE that could go atomically', () => {
    const lines = MIGRATE_REASONS.map((because) => explainStep({...EVERY_STEP['move-slots'], because}, names)[0])
    expect(lines).to.deep.equal([
      '# not atomically: --no-atomic',
      '# not atomically: --pipeline',
      '# not atomically: --replace',
      '# not atomically: --rate or --max-latency',
      '# not atomically: not all nodes can move slots whole',
      '# not atomically: the nodes are not the same product',
    ])
    const step = {...EVERY_STEP['move-slots'], because: 'replace'} as const
    expect(describeStep(step, names)).to.equal(
      'move 101 slots (0-99 200) from 10.0.0.1:7001 to 10.0.0.2:7002 with MIGRATE (--replace)',
    )
  })

  it('follow the settings of the plan', () => {
    const settings = {...DEFAULT_SETTINGS, replace: true, migrateTimeoutMs: 5000}
    expect(explainStep(EVERY_STEP['move-slots'], names, settings)).to.include(
      '10.0.0.1:7001> MIGRATE 10.0.0.2 7002 "" 0 5000 REPLACE KEYS <key> …',
    )
  })

  it('write an IPv6 address as MEET wants it', () => {
    expect(explainStep(EVERY_STEP.meet, () => '[::1]:7001')).to.deep.equal(['[::1]:7001> CLUSTER MEET ::1 7001'])
  })

  it('name nodes by their ids when there is nothing better', () => {
    expect(explainStep(EVERY_STEP.reset)).to.deep.equal([`${A}> CLUSTER RESET HARD`])
  })
})

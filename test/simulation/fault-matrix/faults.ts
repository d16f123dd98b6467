/** The faults of the matrix: what goes wrong at one moment of a command, and how it ends. */
import {rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import type {Address} from '../../../src/model/address.js'
import type {SimNode} from '../../../src/engine/sim/sim-node.js'
import {keySlot} from '../../../src/engine/keyspace/key-slot.js'
import {isReplica, WHOLE_KEY} from '../../../src/rehearsal/node-facts.js'
import type {Command, Mishap} from './injected-pool.js'
import {nameOf, slotOf} from './moments.js'
import type {Row} from './rows.js'
import type {Scene} from './scene.js'
import type {VirtualRun} from './virtual-program.js'

/** The command in hand, and what is about to leave it. */
export interface Moment {
  readonly scene: Scene
  readonly row: Row
  readonly run: VirtualRun
  readonly address: Address
  readonly command: Command
}

export interface Fault {
  readonly name: string
  readonly group: 'answers' | 'connections' | 'nodes' | 'others' | 'tool'
  /**
   * At which of the commands that change something it strikes. `transport`: the middle one of those that move keys, or of all where
   * none moves any. Default: `middle`.
   */
  readonly moment?: 'first' | 'middle' | 'last' | 'transport'
  /** Before the command is typed. @returns what is typed in addition */
  readonly before?: (scene: Scene) => string[]
  /** @returns what the tool hears of this command */
  readonly strike?: (moment: Moment) => Mishap | undefined
  /** What it hears of each later one, as long as the fault lasts. */
  readonly afterwards?: (moment: Moment, struck: Moment) => Mishap | undefined
  /** The operator, or time, takes it back. */
  readonly lift?: (scene: Scene, row: Row) => void
  /** It outlives the command, and the first remedy. */
  readonly lasts?: boolean
  /** What is lost because of what somebody else did, whatever we do. */
  readonly excuse?: (struck: Moment) => void
  /** No node has anything to do with it. */
  readonly isLocal?: boolean
  readonly appliesTo?: (row: Row) => boolean
}

type Role = 'source' | 'target' | 'bystander' | 'replica' | 'entry' | 'sourceReplica' | 'targetReplica'

const SHORT_MS = 2_500
const LONG_MS = 8_000
const SLOW_DISK = {syncMs: 120, megabyteMs: 200}
const USUAL_DISK = {syncMs: 0.5, megabyteMs: 1}

const ANSWERS: readonly (readonly [name: string, reply: string])[] = [
  ['OOM', "OOM command not allowed when used memory > 'maxmemory'."],
  ['BUSYKEY', 'BUSYKEY Target key name already exists.'],
  ['READONLY', "READONLY You can't write against a read only replica."],
  ['LOADING', 'LOADING Redis is loading the dataset in memory'],
  ['CLUSTERDOWN', 'CLUSTERDOWN The cluster is down'],
  ['NOREPLICAS', 'NOREPLICAS Not enough good replicas to write.'],
  ['MISCONF', 'MISCONF Errors writing to the AOF file: No space left on device'],
  ['NOAUTH', 'NOAUTH Authentication required.'],
  ['WRONGPASS', 'WRONGPASS invalid username-password pair or user is disabled.'],
  ['NOPERM', 'NOPERM this user has no permissions to run this command'],
  ['BUSY', 'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.'],
  ['MASTERDOWN', "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."],
  ['TRYAGAIN', 'TRYAGAIN Multiple keys request during rehashing of slot'],
  ['max clients', 'ERR max number of clients reached'],
  ['unknown command', 'ERR unknown command'],
]

/** What the target says comes back through the source. */
function said(command: Command, reply: string): Mishap {
  const through = nameOf(command) === 'MIGRATE' ? 'ERR Target instance replied with error: ' : ''
  return {kind: 'answers', reply: `-${through}${reply}`}
}

function isSame(moment: Moment, struck: Moment): boolean {
  return (
    moment.address.port === struck.address.port &&
    moment.address.host === struck.address.host &&
    nameOf(moment.command) === nameOf(struck.command)
  )
}

/** Until somebody sees to it, each such command to this node. */
function answer(name: string, reply: string): Fault {
  return {
    ...{name, group: 'answers', moment: 'transport'},
    strike: ({command}) => said(command, reply),
    afterwards: (moment, struck) => (isSame(moment, struck) ? said(moment.command, reply) : undefined),
  }
}

function once(name: string, moment: Fault['moment'], mishap: Mishap): Fault {
  return {name, group: 'connections', moment: moment!, strike: () => mishap}
}

function nodeFault(
  name: string,
  role: Role,
  strike: (node: SimNode, moment: Moment) => void,
  more: Partial<Fault> = {},
): Fault {
  return {
    ...{name, group: 'nodes', moment: 'middle'},
    strike: (moment) => void strike(moment.scene.node(moment.row.cast[role]!), moment),
    appliesTo: ({cast}) => cast[role] !== undefined,
    ...more,
  }
}

function down(scene: Scene, node: SimNode): void {
  scene.ground.losses.goingDown(node)
  node.crash()
}

function startAll({ground}: Scene): void {
  for (const node of ground.nodes) if (!node.isRunning) node.restart()
}

function backIn(scene: Scene, node: SimNode, ms: number): void {
  scene.ground.simulator.schedule(ms, () => {
    if (!node.isRunning) node.restart()
  })
}

function crash(role: Role): Fault {
  return nodeFault(`${role} crashes`, role, (node, {scene}) => {
    down(scene, node)
    backIn(scene, node, SHORT_MS)
  })
}

function goesAway(role: Role): Fault {
  return nodeFault(`${role} crashes, stays away`, role, (node, {scene}) => down(scene, node), {
    lasts: true,
    lift: startAll,
  })
}

function standsStill(role: Role): Fault {
  const strike = (node: SimNode, {scene}: Moment): void => {
    node.pause()
    scene.ground.simulator.schedule(LONG_MS, () => node.resume())
  }
  return nodeFault(`${role} stands still`, role, strike, {excuse: excuseLateClaim})
}

/**
 * A node that was replaced carries out the SETSLOT that had waited in its socket, or in the network: the epoch that it takes for it may win back its slots from
 * the heir that has them meanwhile. What was written to the heir is lost, whatever we do.
 */
function excuseLateClaim({scene, command}: Moment): void {
  const {ledger, losses} = scene.ground
  if (nameOf(command) !== 'CLUSTER SETSLOT' || losses.failovers === 0) return
  for (const key of ledger.keys) for (const element of ledger.elementsOf(key)) ledger.excuse(key, element)
}

/** Somebody promotes a replica. */
function failsOver(role: 'source' | 'target'): Fault {
  const strike = (replica: SimNode): void => {
    if (isReplica(replica)) replica.call('CLUSTER', 'FAILOVER', 'FORCE')
  }
  return nodeFault(`failover of the ${role}`, `${role}Replica`, strike, {excuse: excuseLateClaim})
}

const slotInHand = ({command}: Moment): number => slotOf(command) ?? 0

/** Without the marks of a move clients do not find what has gone over; an owner that hears of another one drops the slot's keys. */
function excuseSlot(moment: Moment): void {
  const {ledger, stillKeys, misses} = moment.scene.ground
  const isHit = (key: string): boolean => keySlot(key) === slotInHand(moment)
  for (const {key} of stillKeys) if (isHit(key)) ledger.excuse(key, WHOLE_KEY)
  for (const key of ledger.keys) {
    if (isHit(key)) for (const element of ledger.elementsOf(key)) ledger.excuse(key, element)
  }
  for (const {key, element} of misses) if (isHit(key)) ledger.excuse(key, element)
}

/** As `CONFIG SET` of somebody else. */
function config(node: SimNode, name: string, value: string): void {
  if (node.isRunning) node.call('CONFIG', 'SET', name, value)
}

export const FAULTS: readonly Fault[] = [
  ...ANSWERS.map(([name, reply]) => answer(name, reply)),
  {
    ...answer('IOERR', ''),
    strike: () => ({kind: 'answers', reply: '-IOERR error or timeout reading to target instance'}),
    afterwards: (moment, struck) =>
      isSame(moment, struck)
        ? {kind: 'answers', reply: '-IOERR error or timeout reading to target instance'}
        : undefined,
  },
  {
    ...once('IOERR, once', 'transport', {kind: 'answers', reply: '-IOERR error or timeout writing to target instance'}),
    group: 'answers',
  },
  once('lost before the command', 'middle', {kind: 'lost-before'}),
  once('lost after the command', 'middle', {kind: 'lost-after'}),
  once('lost after the last command', 'last', {kind: 'lost-after'}),
  once('no answer', 'middle', {kind: 'no-answer'}),
  once('garbage for an answer', 'middle', {kind: 'garbage'}),
  crash('source'),
  crash('target'),
  crash('bystander'),
  crash('replica'),
  goesAway('source'),
  goesAway('target'),
  goesAway('entry'),
  standsStill('source'),
  standsStill('target'),
  failsOver('source'),
  failsOver('target'),
  nodeFault(
    'target behind a partition',
    'target',
    (node, {scene}) => {
      const {simulator} = scene.ground
      simulator.faults.partition([node])
      simulator.schedule(LONG_MS, () => simulator.faults.heal())
    },
    {excuse: excuseLateClaim},
  ),
  nodeFault('tool behind a partition', 'entry', (_, {scene}) => {
    const {simulator} = scene.ground
    simulator.faults.partition(['clients'])
    simulator.schedule(LONG_MS, () => simulator.faults.heal())
  }),
  nodeFault('disk of the target full', 'target', (node, {scene}) => {
    scene.ground.losses.goingDown(node)
    scene.ground.simulator.faults.failDisk(node)
    scene.ground.simulator.schedule(SHORT_MS, () => {
      scene.ground.simulator.faults.mendDisk(node)
      if (!node.isRunning) node.restart()
    })
  }),
  nodeFault(
    'disk of the source slow',
    'source',
    (node, {scene}) => scene.ground.simulator.faults.slowDisk(node, SLOW_DISK),
    {lift: (scene, {cast}) => scene.ground.simulator.faults.slowDisk(scene.node(cast.source), USUAL_DISK)},
  ),
  nodeFault('memory of the target full', 'target', (node) => (node.usedMemoryBytes = Infinity), {
    lift: (scene, {cast}) => (scene.node(cast.target).usedMemoryBytes = 0),
  }),
  nodeFault('target wants more replicas', 'target', (node) => config(node, 'min-replicas-to-write', '5'), {
    lift: (scene, {cast}) => config(scene.node(cast.target), 'min-replicas-to-write', '0'),
  }),
  nodeFault('target wants a password', 'target', (node) => config(node, 'requirepass', 'secret'), {
    lift: (scene, {cast}) => {
      down(scene, scene.node(cast.target))
      scene.node(cast.target).restart()
    },
  }),
  nodeFault('connections of the source cut', 'source', (node, {scene}) =>
    scene.ground.simulator.faults.cutConnections(node),
  ),
  nodeFault('target far away', 'target', (node, {scene}) => scene.ground.simulator.faults.slow(node, 300), {
    lift: (scene, {cast}) => scene.ground.simulator.faults.slow(scene.node(cast.target), 0),
  }),
  {
    ...{name: 'slot set stable', group: 'others', moment: 'middle'},
    strike: (moment) => {
      const {scene, row} = moment
      for (const index of [row.cast.source, row.cast.target]) {
        const node = scene.node(index)
        if (node !== scene.standalone) node.call('CLUSTER', 'SETSLOT', slotInHand(moment), 'STABLE')
      }
      return undefined
    },
    excuse: excuseSlot,
  },
  {
    ...{name: 'slot taken by a third', group: 'others', moment: 'middle'},
    appliesTo: ({name}) => name !== 'create',
    strike: (moment) => {
      const {scene, row} = moment
      const third = scene.node(row.cast.bystander)
      third.call('CLUSTER', 'SETSLOT', slotInHand(moment), 'IMPORTING', scene.node(0).id!)
      third.call('CLUSTER', 'SETSLOT', slotInHand(moment), 'NODE', third.id!)
      return undefined
    },
    excuse: excuseSlot,
  },
  {
    ...{name: 'target forgotten by a bystander', group: 'others', moment: 'middle'},
    // Servers pass a FORGET on: with the only replica gone, too, nobody is left who could name the primary (docs/reliability.md).
    appliesTo: ({name}) => name !== 'del-node (a replica)',
    strike: ({scene, row}) => {
      const {target, bystander} = row.cast
      scene.node(bystander).call('CLUSTER', 'FORGET', scene.node(target).id!)
      return undefined
    },
  },
  {
    ...{name: 'another tscluster', group: 'others', moment: 'middle'},
    strike: ({scene, row}) => void scene.another(['fix', scene.name(row.cast.entry), '--yes']),
  },
  {
    ...{name: 'another tscluster, by force', group: 'others', moment: 'middle'},
    strike: ({scene, row}) => void scene.another(['fix', scene.name(row.cast.entry), '--yes', '--force-unlock']),
  },
  ...(['first', 'middle', 'last'] as const).map((moment): Fault => ({
    ...{name: `killed at the ${moment} command`, group: 'tool', isLocal: true, moment},
    strike: ({run}) => void run.kill(),
  })),
  {
    ...{name: 'Ctrl-C', group: 'tool', isLocal: true, moment: 'middle'},
    strike: ({run}) => void run.interrupt(),
  },
  {
    ...{name: 'Ctrl-C, twice', group: 'tool', isLocal: true, moment: 'middle'},
    strike: ({run}) => {
      run.interrupt()
      run.interrupt()
      return undefined
    },
  },
  {
    ...{name: 'no room for the journal', group: 'tool', isLocal: true},
    appliesTo: ({name}) => name !== 'resume' && name !== 'abort',
    before: () => ['--journal', '/dev/full'],
  },
  {
    ...{name: 'no folder for the journal', group: 'tool', isLocal: true},
    appliesTo: ({name}) => name !== 'resume' && name !== 'abort',
    before: ({folder}) => {
      rmSync(path.join(folder, 'tscluster'), {recursive: true, force: true})
      writeFileSync(path.join(folder, 'tscluster'), 'in the way')
      return []
    },
    lift: ({folder}) => rmSync(path.join(folder, 'tscluster'), {force: true}),
  },
  {
    ...{name: 'no more room for the journal', group: 'tool', isLocal: true, moment: 'middle'},
    strike: ({scene}) => void scene.fillDisk(),
    lift: (scene) => scene.emptyDisk(),
  },
  {
    ...{name: 'killed, journal lost', group: 'tool', isLocal: true, moment: 'middle'},
    strike: ({run, scene}) => {
      run.kill()
      for (const file of scene.program.unfinishedJournals) rmSync(file)
      return undefined
    },
  },
  {
    ...{name: 'killed, journal garbled', group: 'tool', isLocal: true, moment: 'middle'},
    strike: ({run, scene}) => {
      run.kill()
      for (const file of scene.program.unfinishedJournals) writeFileSync(file, 'no journal at all\n')
      return undefined
    },
  },
]

/** The commands of the matrix: what each is run on, how it is typed, and whom it has to do with. */
import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {planToJson} from '../../../src/manager/plan/plan-json.js'
import type {Layout, Scene} from './scene.js'
import type {Ended} from './virtual-program.js'

/** Nodes by the part they play; numbers are places in the simulation. */
export interface Cast {
  /** Where slots, keys or a role come from. */
  readonly source: number
  /** Where they go. */
  readonly target: number
  /** A primary that has nothing to do with it. */
  readonly bystander: number
  /** A replica that has nothing to do with it. */
  readonly replica: number
  /** By which the command enters. */
  readonly entry: number
  /** A replica of the source, and of the target, where there is one. */
  readonly sourceReplica?: number
  readonly targetReplica?: number
}

export interface Row {
  readonly name: string
  readonly layout: Layout
  readonly cast: Cast
  /** What was before: run with no faults. */
  readonly prepare?: (scene: Scene) => Promise<void>
  readonly words: (scene: Scene) => string[]
}

/** Three primaries, each with a replica: 0 to 2 and 3 to 5. The entry is the replica of the bystander. */
const THREE: Layout = {primaries: 3, replicasEach: 1, spares: 0}
const WITH_SPARE: Layout = {...THREE, spares: 1}
const CAST: Cast = {source: 0, target: 1, bystander: 2, replica: 5, entry: 5, sourceReplica: 3, targetReplica: 4}
/** The spare comes after the six. */
const SPARE = 6
const SLOTS = 16

export const ROWS: readonly Row[] = [
  {
    name: 'create',
    layout: {primaries: 0, replicasEach: 0, spares: 6},
    cast: {source: 0, target: 1, bystander: 2, replica: 5, entry: 0},
    words: ({ground}) => ['create', ...ground.spares.map(({name}) => name), '--replicas', '1', '--yes'],
  },
  {
    name: 'add-node',
    layout: WITH_SPARE,
    cast: {...CAST, source: 0, target: SPARE},
    words: (scene) => ['add-node', scene.name(SPARE), scene.name(5), '--yes'],
  },
  {
    name: 'add-node --replica',
    layout: WITH_SPARE,
    cast: {...CAST, source: 0, target: SPARE},
    words: (scene) => ['add-node', scene.name(SPARE), scene.name(5), '--primary-id', scene.node(0).id!, '--yes'],
  },
  {
    name: 'del-node',
    layout: WITH_SPARE,
    cast: {source: SPARE, target: 0, bystander: 2, replica: 4, entry: 5, targetReplica: 3},
    prepare: async (scene) => {
      await succeed(scene, ['add-node', scene.name(SPARE), scene.name(5), '--yes'])
      await succeed(scene, [...reshardTo(scene, SPARE), '--no-atomic'])
    },
    words: (scene) => ['del-node', scene.name(5), scene.name(SPARE), '--drain', '--no-atomic', '--yes'],
  },
  {
    name: 'del-node (a replica)',
    layout: THREE,
    cast: {...CAST, source: 3, target: 0},
    words: (scene) => ['del-node', scene.name(5), scene.name(3), '--yes'],
  },
  {name: 'reshard', layout: THREE, cast: CAST, words: (scene) => [...reshardTo(scene, 1), '--no-atomic']},
  {name: 'reshard --atomic', layout: THREE, cast: CAST, words: (scene) => [...reshardTo(scene, 1), '--atomic']},
  {
    name: 'rebalance',
    layout: THREE,
    cast: CAST,
    words: (scene) => {
      const weights = [`${scene.name(0)}=0.99`, `${scene.name(1)}=1.01`].flatMap((each) => ['--weight', each])
      return ['rebalance', scene.name(5), ...weights, '--threshold', '0', '--no-atomic', '--yes']
    },
  },
  {
    name: 'fix',
    layout: THREE,
    cast: CAST,
    prepare: openSlots,
    words: (scene) => ['fix', scene.name(5), '--yes'],
  },
  {
    name: 'failover',
    layout: THREE,
    cast: {...CAST, source: 0, target: 3, targetReplica: 0},
    words: (scene) => ['failover', scene.name(5), scene.name(3), '--yes'],
  },
  {
    name: 'import',
    layout: THREE,
    cast: {...CAST, source: 6, target: 1},
    prepare: async (scene) => {
      const server = scene.addStandalone()
      for (let index = 0; index < 60; index++) server.call('SET', `import:${index}`, `value ${index}`)
    },
    words: (scene) => ['import', scene.name(5), '--from', scene.name(6), '--copy', '--yes'],
  },
  {
    name: 'set-timeout',
    layout: THREE,
    cast: CAST,
    words: (scene) => ['set-timeout', scene.name(5), '1500', '--yes'],
  },
  {
    name: 'apply',
    layout: THREE,
    cast: CAST,
    prepare: async (scene) => {
      const {plan} = (await succeed(scene, [...reshardTo(scene, 1), '--no-atomic', '--dry-run'])).result
      writeFileSync(planOf(scene), planToJson(plan!))
    },
    words: (scene) => ['apply', planOf(scene), '--yes'],
  },
  {name: 'resume', layout: THREE, cast: CAST, prepare: halfDone, words: () => ['resume', '--yes']},
  {name: 'abort', layout: THREE, cast: CAST, prepare: halfDone, words: () => ['abort', '--yes']},
]

/** Slots with keys from the first node. */
function reshardTo(scene: Scene, target: number): string[] {
  const slots = scene.slotsWithKeys(0).slice(0, SLOTS)
  return ['reshard', scene.name(5), '--to', scene.name(target), '--slots', slots.join(','), '--yes']
}

function planOf(scene: Scene): string {
  return path.join(scene.folder, 'plan.json')
}

async function succeed(scene: Scene, words: readonly string[]): Promise<Ended> {
  const ended = await scene.run(words)
  if (ended.exitCode === 0) return ended
  throw new Error(`${words.join(' ')} was to prepare the ground, and ended with ${ended.exitCode}: ${ended.text}`)
}

/** Marks on one side, on the other, and on both, with keys on either. */
function openSlots(scene: Scene): Promise<void> {
  const [source, target] = [scene.node(0), scene.node(1)]
  const [one, two, three] = scene.slotsWithKeys(0)
  for (const slot of [one!, two!]) target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.id!)
  for (const slot of [two!, three!]) source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id!)
  // Taken without asking: who owned it drops the keys of such a slot, so it is an empty one.
  target.call('CLUSTER', 'SETSLOT', 0, 'IMPORTING', source.id!)
  target.call('CLUSTER', 'SETSLOT', 0, 'NODE', target.id!)
  return scene.ground.pass(3_000)
}

/** A reshard that was killed in the middle of a slot. */
async function halfDone(scene: Scene): Promise<void> {
  let migrates = 0
  const run = await scene.start([...reshardTo(scene, 1), '--no-atomic'], {
    onCommand: (_, [name]) => {
      if (String(name).toUpperCase() === 'MIGRATE' && ++migrates === 4) run.kill()
      return undefined
    },
  })
  await scene.ended(run, 'the reshard that is to be half done')
}

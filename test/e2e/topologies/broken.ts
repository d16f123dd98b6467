/** What a catalogue says of a broken cluster, and the test of it: found, repaired, and nothing lost. */
import {expect} from 'chai'
import type {FixResult} from '../../../src/commands/fix.js'
import {differences, digest} from '../../support/test-data.js'
import {Ground, type Shape} from './ground.js'
import {check, checkAllSlots, fix} from './operator.js'

export interface BrokenTopology {
  /** What happened, or what is the matter. */
  readonly name: string
  /** Default: three primaries without replicas. */
  readonly shape?: Shape
  readonly happens: (ground: Ground) => Promise<unknown>
  /** The codes that `check` shows, each once; without what is true of every cluster of this shape (`no-replicas`). */
  readonly finds: readonly string[]
  /** Only `--search-multiple-owners` shows it: nothing about its slots is doubtful. */
  readonly isHidden?: true
  /** Codes that come and go with gossip. */
  readonly mayFind?: readonly string[]
  /** Absent: one `fix` repairs it, and loses nothing. */
  readonly needs?: OtherRemedy
  /** Gossip may have repaired it before `fix` looks. */
  readonly settles?: true
  /** Warnings that are right afterwards. */
  readonly leaves?: readonly string[]
  /** For `fix`, besides --yes. */
  readonly flags?: readonly string[]
  /** Through which node it is looked at. Default: the first. */
  readonly entry?: number
}

/** For what `fix` does not do, or not all of it. */
export interface OtherRemedy {
  /** How `fix` ends: `refused` with these codes, `failed` with this code of an error, or with nothing to do. */
  readonly fixSays: readonly string[]
  /** What repairs it. */
  readonly then: (ground: Ground) => Promise<unknown>
  /** What is lost must be lost: the keys are not compared. */
  readonly losesKeys?: true
}

/** True of a cluster that was made without replicas; and what comes and goes on a busy machine. */
const OF_THE_SHAPE = ['no-replicas', 'node-suspected']

/** @param ahead so many clusters are broken before their turn: most of the time goes into waiting until a death is noticed */
export function describeBroken(title: string, catalogue: readonly BrokenTopology[], ahead = 0): void {
  describe(`check and fix: ${title}`, function () {
    this.timeout(60_000)
    const states = catalogue.map((topology) => new State(topology))

    after(() => Promise.all(states.map((state) => state.clear())))

    catalogue.forEach((topology, index) => {
      it(topology.name, async () => {
        for (const state of states.slice(index, index + 1 + ahead)) state.begin()
        const ground = await states[index]!.reached!
        await expectFound(topology, ground)
        await expectRepaired(topology, ground)
        await expectWhole(topology, ground)
        await states[index]!.clear()
      })
    })
  })
}

/** A cluster on its way to be broken. */
class State {
  readonly #topology: BrokenTopology
  #ground: Promise<Ground> | undefined
  reached: Promise<Ground> | undefined

  constructor(topology: BrokenTopology) {
    this.#topology = topology
  }

  begin(): void {
    if (this.reached !== undefined) return
    const prepared = Ground.prepare(this.#topology.shape)
    this.#ground = prepared
    this.reached = prepared.then(async (ground) => {
      await this.#topology.happens(ground)
      return ground
    })
    // Its own test tells of it.
    this.reached.catch(() => undefined)
  }

  /** Safe to repeat. */
  async clear(): Promise<void> {
    const ground = this.#ground
    this.#ground = undefined
    await this.reached?.catch(() => undefined)
    await ground?.then(
      (each) => each.clear(),
      () => undefined,
    )
  }
}

async function expectFound({finds, mayFind = [], entry, isHidden}: BrokenTopology, ground: Ground): Promise<void> {
  const address = ground.address(entry)
  const {findings} = await (isHidden ? checkAllSlots(address) : check(address))
  const found = new Set(findings.map(({code}) => code))
  for (const code of [...OF_THE_SHAPE, ...mayFind]) found.delete(code)
  expect([...found].sort(), inWords(findings)).to.deep.equal([...finds].sort())
}

async function expectRepaired({needs, settles, entry, flags = []}: BrokenTopology, ground: Ground): Promise<void> {
  const result = await fix(ground.address(entry), ...flags)
  if (needs === undefined) {
    if (settles && result.status === 'nothing-to-do') return
    expect(result.status, told(result)).to.equal('applied')
    expect(result.exitCode, told(result)).to.equal(0)
    expect(result.plan!.risk.losses).to.deep.equal([])
  } else {
    expect(verdictOf(result), told(result)).to.deep.equal([...needs.fixSays])
    await needs.then(ground)
  }
}

/** Codes of refusals or of the error; the status where there is none. */
function verdictOf({status, refusals = [], outcome, findings = []}: FixResult): string[] {
  if (status === 'refused') return [...new Set(refusals.map(({code}) => code))].sort()
  if (outcome?.error !== undefined) return [(outcome.error as {code: string}).code]
  const errors = findings.filter(({severity}) => severity === 'error').map(({code}) => code)
  return [status, ...new Set(errors)]
}

async function expectWhole({needs, leaves = [], entry}: BrokenTopology, ground: Ground): Promise<void> {
  const {findings, healthy} = await check(ground.address(entry))
  const left = findings.map(({code}) => code).filter((code) => !OF_THE_SHAPE.includes(code) && !leaves.includes(code))
  expect(left, inWords(findings)).to.deep.equal([])
  expect(healthy).to.equal(true)
  if (needs?.losesKeys !== true) {
    await ground.untilOk()
    expect(differences(ground.before, await digest(ground.targets())), 'keys').to.deep.equal([])
  }
}

function told({status, refusals = [], findings = [], outcome, diagnosis}: FixResult): string {
  return JSON.stringify(
    {
      status,
      actions: diagnosis.map(({action}) => action?.title),
      error: outcome?.error,
      refusals: refusals.map(({code, message}) => `${code}: ${message}`),
      findings: findings.map(({code, message}) => `${code}: ${message}`),
    },
    null,
    1,
  )
}

function inWords(findings: readonly {readonly code: string; readonly message: string}[]): string {
  return findings.map(({code, message}) => `\n${code}: ${message}`).join('')
}

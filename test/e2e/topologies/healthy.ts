/** What a catalogue says of a healthy cluster, and the test of it: check has nothing to say, and fix nothing to do. */
import {expect} from 'chai'
import {Ground, type Shape} from './ground.js'
import {diagnose} from './operator.js'

export interface HealthyTopology {
  readonly name: string
  readonly shape?: Shape
  readonly happens?: (ground: Ground) => Promise<unknown>
  /** Warnings that are right. Default: none, or `no-replicas` for a cluster that was made without. */
  readonly warnings?: readonly string[]
  readonly entry?: number
  /** What the cluster is named by, with flags. Default: the entry's address. */
  readonly words?: (ground: Ground) => readonly string[]
}

export function describeHealthy(title: string, catalogue: readonly HealthyTopology[]): void {
  describe(`check is silent: ${title}`, function () {
    this.timeout(60_000)
    let ground: Ground | undefined

    afterEach(async () => {
      await ground?.clear()
      ground = undefined
    })

    for (const {name, shape = {}, happens, warnings, entry, words} of catalogue) {
      it(name, async () => {
        ground = await Ground.prepare(shape)
        await happens?.(ground)
        const right = warnings ?? ((shape.replicasEach ?? 0) > 0 ? [] : ['no-replicas'])
        const named = words?.(ground) ?? [ground.address(entry)]
        const {findings, fixed} = await diagnose(...named)
        const said = findings.map(({code, node, message}) => `${code} ${node?.address.port ?? ''}: ${message}`)
        expect([...new Set(findings.map(({code}) => code))], said.join('\n')).to.deep.equal(right)
        expect(fixed.diagnosis).to.deep.equal([])
        expect(fixed.planned.ok && fixed.planned.plan.phases, 'what fix would do').to.deep.equal([])
      })
    }
  })
}

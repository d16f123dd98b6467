/** The work of `--cluster fix`, in stages: what planFix proposes for the cluster as it is, carried out group by group. */
import type {Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import type {ManagerError} from '../../manager/error.js'
import type {Emit} from '../../manager/execute/event.js'
import {withAllKeyCounts} from '../../manager/observe.js'
import type {FixAction, FixCase} from '../../manager/plan/fix-action.js'
import {planActions, planFix} from '../../manager/plan/fix.js'
import {accepted, apply, namesOf, settingsOf} from './carry-out.js'
import {loadCluster, type Cluster} from './cluster.js'
import type {Dialogue} from './dialogue.js'
import {printMoveFailure} from './move-failure.js'

export class Repair {
  readonly dialogue: Dialogue
  readonly #seed: Address
  #cluster: Cluster

  constructor(dialogue: Dialogue, seed: Address, cluster: Cluster) {
    this.dialogue = dialogue
    this.#seed = seed
    this.#cluster = cluster
  }

  /** As it was found, or as it was after the last actions. */
  get cluster(): Cluster {
    return this.#cluster
  }

  get nameOf(): (id: NodeId) => string {
    return namesOf(this.#cluster.topology.nodes)
  }

  /**
   * What can be done about these situations. Whether what loses keys is among it hangs on
   * `--cluster-fix-with-unreachable-masters`, redis-cli's own word for "I know".
   */
  actions(cases: ReadonlySet<FixCase>): FixAction[] {
    const {cluster} = this.dialogue.invocation
    const {diagnosis} = planFix(this.#cluster.view, {
      acceptDataLoss: cluster.fixWithUnreachablePrimaries,
      withUnreachablePrimaries: cluster.fixWithUnreachablePrimaries,
      searchMultipleOwners: cluster.searchMultipleOwners,
      settings: settingsOf(cluster),
    })
    return diagnosis.flatMap(({action}) => (action !== null && cases.has(action.case) ? [action] : []))
  }

  /**
   * Then looks at the cluster again.
   * @returns whether all of it was done; if not, why was printed
   */
  async carryOut(actions: readonly FixAction[], emit: Emit): Promise<boolean> {
    const settings = settingsOf(this.dialogue.invocation.cluster)
    const plan = accepted(planActions(this.#cluster.view, actions, settings), this.dialogue)
    if (plan === undefined) return false
    const explain = (error: ManagerError): void => printMoveFailure(error, '[ERR] Could not fix', this.dialogue)
    const done = await apply(this.dialogue, plan, {emit, explain})
    await this.lookAgain()
    return done
  }

  async lookAgain(): Promise<void> {
    this.#cluster = await loadCluster(this.dialogue, this.#seed, {settle: true, again: true})
  }

  /** Before the search for keys outside their owner: the keys of all slots, on every node. */
  async countAllKeys(): Promise<void> {
    const {view} = this.#cluster
    this.#cluster = {...this.#cluster, view: await withAllKeyCounts(this.dialogue.pool, view)}
  }
}

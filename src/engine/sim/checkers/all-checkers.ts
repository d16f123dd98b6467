/** Every rule that must hold at each turn of each node. */
import {type Checker} from './checker.js'
import {GrowingEpochs} from './epochs.js'
import {Offsets} from './offsets.js'
import {OneOwnerPerSlotAndEpoch} from './one-owner-per-slot-and-epoch.js'
import {OneVotePerEpoch} from './one-vote-per-epoch.js'

/** New ones, which have seen nothing yet: they belong to one simulation. */
export function allCheckers(): Checker[] {
  return [new OneVotePerEpoch(), new OneOwnerPerSlotAndEpoch(), new GrowingEpochs(), new Offsets()]
}

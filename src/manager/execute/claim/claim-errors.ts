/** What an operator is told about a claim. */
import type {ClaimOwner} from '../../claim-owner.js'
import {ManagerError} from '../../error.js'
import type {Rival} from './judge.js'

/** `ops@bastion-2, operation 9f2c01d8` */
export function describeOwner({user, host, id}: ClaimOwner): string {
  return `${user}@${host}, operation ${id.slice(0, 8)}`
}

/** @param wallMs the time of day, Unix ms */
export function claimed({owner}: Pick<Rival, 'owner'>, wallMs: number): ManagerError {
  const {operation} = owner
  return new ManagerError(
    'claimed',
    `${operation} is under way on this cluster since ${sinceWords(owner, wallMs)}: ${describeOwner(owner)}`,
    {claim: owner, hint: 'wait for it, or take over with --force-unlock if it is dead'},
  )
}

/**
 * For an operation that has begun and must not go on.
 * @param by absent: not known, as where it has ended already, or where the network ended the connections
 * @param places the nodes on which the claim was shown
 */
export function claimLost(by: Rival | undefined, places: readonly string[], wallMs: number): ManagerError {
  const hint = 'nothing more was sent to any node; wait until the cluster is free, then look at it with tscluster check'
  if (by === undefined) {
    const why = `all connections that showed this operation to others (${places.join(', ')}) were ended`
    return new ManagerError('claim-lost', `${why}: another one may have taken the cluster over`, {hint})
  }
  const {owner} = by
  const who = `${owner.operation} took this cluster over at ${sinceWords(owner, wallMs)}: ${describeOwner(owner)}`
  return new ManagerError('claim-lost', who, {hint, claim: owner})
}

/** `02:41:07 (3 min)`, in this machine's time zone; with the date when it is not of the last hours. */
function sinceWords({sinceMs}: ClaimOwner, wallMs: number): string {
  const elapsedS = Math.max(0, Math.round((wallMs - sinceMs) / 1000))
  const since = new Date(sinceMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = [since.getHours(), since.getMinutes(), since.getSeconds()].map(two).join(':')
  const date = [since.getFullYear(), since.getMonth() + 1, since.getDate()].map(two).join('-')
  return `${elapsedS < 12 * 3600 ? '' : `${date} `}${time} (${elapsedWords(elapsedS)})`
}

/** `4 s`, `3 min`, `5 h`: the time of day before it is exact. */
export function elapsedWords(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  return seconds < 2 * 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`
}

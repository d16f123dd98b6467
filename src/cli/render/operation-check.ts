/** What `--verify` found, for people: a verdict in one line, then what backs it, then the keys. */
import type {CanaryReport} from '../../manager/verify/canary/canaries.js'
import type {KeyFate, KeysVerdict} from '../../manager/verify/judge.js'
import type {VerificationReport, VerificationStatus} from '../verify/report.js'
import {count, formatCount} from './numbers.js'
import {quoted} from './quoted.js'
import type {Theme} from './theme.js'

const VERDICTS: {readonly [Status in VerificationStatus]: string} = {
  passed: 'every key is what it was',
  failed: 'data was lost or damaged',
  undecided: 'no loss is proved; keys changed or went while clients wrote, by them or not',
  unfinished: 'not everything could be looked at; `tscluster verify` compares with a backup',
}

/** Where canaries wrote. */
const PROVED = ', and no acknowledged write was lost'

export function renderVerification(operation: string, report: VerificationReport, theme: Theme): string {
  const {status, keys, canaries, leftoversRemoved} = report
  const label = {
    passed: theme.good('verified'),
    failed: theme.bad('not verified'),
    undecided: theme.warning('verified in part'),
    unfinished: theme.warning('not verified'),
  }[status]
  const lines = [
    `${label} ${operation}: ${VERDICTS[status]}${status === 'passed' && canaries !== null ? PROVED : ''}`,
    ...(keys === null ? [] : [`  keys      ${keysLine(keys)}`]),
    ...(canaries === null ? [] : [`  canaries  ${canariesLine(canaries)}`]),
    ...(leftoversRemoved === 0 ? [] : [`  removed ${count(leftoversRemoved, 'canary key')} of a run that was killed`]),
    ...(keys?.keys ?? []).map(({key, slot, fate}) => `  ${quoted(key)} (slot ${slot}) ${FATES[fate]}`),
    ...(canaries?.keys ?? []).map((key) => `  ${quoted(key)} lost or doubled writes, or could not be read back`),
  ]
  return `${lines.join('\n')}\n`
}

const FATES: {readonly [Fate in KeyFate]: string} = {
  lost: 'is lost: it was there before, and no client took it away',
  damaged: 'is damaged: it has another value, and no client changed it',
  gone: 'is gone: clients took keys away meanwhile, whether this one cannot be told',
  changed: 'has another value: clients wrote meanwhile, whether to this one cannot be told',
}

function keysLine(verdict: KeysVerdict): string {
  const {slots, keysBefore, same, straySlots} = verdict
  const others = [
    [verdict.lost, 'lost'],
    [verdict.damaged, 'damaged'],
    [verdict.strays, `on nodes that do not own their slot (slots ${straySlots})`],
    [verdict.changed, 'changed while clients wrote'],
    [verdict.gone, 'gone while clients took keys away'],
    [verdict.added, 'new'],
    [verdict.expired, 'expired'],
    [verdict.ttlShifted, 'end at another time'],
    [verdict.unread, 'could not be read'],
  ] as const
  const told = others.filter(([number]) => number > 0).map(([number, what]) => `, ${formatCount(number)} ${what}`)
  return `${count(keysBefore, 'key')} in ${count(slots.size, 'slot')}: ${formatCount(same)} the same${told.join('')}`
}

function canariesLine(report: CanaryReport): string {
  const {written, acknowledged, lost, doubled, inDoubt, refused, redirected, slowestMs, slots} = report
  const {moved, asked, tryAgain} = redirected
  const doubts = inDoubt === 0 ? '' : `, ${formatCount(inDoubt)} never answered`
  const refusals = refused === 0 ? '' : `, ${formatCount(refused)} refused`
  return (
    `${count(written, 'write')} in ${count(slots, 'slot')}, ${formatCount(acknowledged)} acknowledged${doubts}${refusals}: ` +
    `${formatCount(lost)} lost, ${formatCount(doubled)} doubled; redirected ${formatCount(moved + asked)} times ` +
    `(${formatCount(moved)} MOVED, ${formatCount(asked)} ASK), told to try again ${formatCount(tryAgain)} times; slowest ${slowestMs} ms`
  )
}

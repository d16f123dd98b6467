/** Findings, worst first: where, what, and the command that repairs it. */
import {formatAddress} from '../../model/address.js'
import {shortId} from '../../model/node-id.js'
import type {Finding} from '../../manager/check/finding.js'
import type {Theme} from './theme.js'

export function renderFindings(findings: readonly Finding[], theme: Theme): string {
  const ordered = [...findings].sort((a, b) => weight(a) - weight(b))
  return ordered.map((finding) => renderFinding(finding, theme)).join('')
}

export function renderFinding(finding: Finding, theme: Theme): string {
  const {severity, node, remedy, code} = finding
  const label = severity === 'error' ? theme.bad('error') : theme.warning('warning')
  const where = node === null ? '' : `${formatAddress(node.address)} (${shortId(node.id)}) `
  const next = remedy === null ? '' : `  ${theme.faint('→')} ${remedy}\n`
  return `${label} ${where}${sentence(finding)} ${theme.faint(`[${code}]`)}\n${next}`
}

/** Why a plan is refused: in one line, as an error would be. */
export function renderRefusal(finding: Finding, theme: Theme): string {
  const {node, remedy, code} = finding
  const where = node === null ? '' : `${formatAddress(node.address)} (${shortId(node.id)}) `
  const next = remedy === null ? '' : ` (${remedy})`
  return `${theme.bad('error')} ${where}${sentence(finding)}${next} ${theme.faint(`[${code}]`)}\n`
}

const SLOTS_SHOWN = 60

/** The message, and the slots in question where it does not name them itself; of very many ranges only the first. */
function sentence({message, slots}: Finding): string {
  if (slots === '' || message.includes(slots)) return message
  const shown = slots.length > SLOTS_SHOWN ? `${slots.slice(0, slots.lastIndexOf(' ', SLOTS_SHOWN))} …` : slots
  return `${message.replace(/\.$/, '')}: ${/[ -]/.test(slots) ? 'slots' : 'slot'} ${shown}`
}

function weight({severity}: Finding): number {
  return severity === 'error' ? 0 : 1
}

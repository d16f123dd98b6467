/** What `fix` found, and what it would do about each finding: lossless or lossy, with the keys at stake. */
import type {Diagnosis, FixAction} from '../../manager/plan/fix-action.js'
import {renderFinding} from './findings.js'
import {count} from './numbers.js'
import type {Theme} from './theme.js'

export function renderDiagnosis(diagnosis: readonly Diagnosis[], theme: Theme): string {
  const seen = new Set<FixAction>()
  return diagnosis
    .map(({finding, action}) => {
      const head = renderFinding({...finding, remedy: null}, theme)
      if (action === null) return `${head}  ${theme.faint('nothing that fix could do')}${advice(finding.remedy)}\n`
      if (seen.has(action)) return head
      seen.add(action)
      return head + renderAction(action, theme)
    })
    .join('')
}

function renderAction(action: FixAction, theme: Theme): string {
  const {title, effect, keysMoved, withheld} = action
  const label = effect === 'lossless' ? theme.good('lossless') : theme.bad(`lossy, ${stake(action)} at stake`)
  const moved = keysMoved > 0 ? `, ${count(keysMoved, 'key')} to move` : ''
  const line = `  ${theme.faint('→')} ${title} [${label}${moved}]\n`
  return withheld === null ? line : `${line}    ${theme.warning('not done')}: ${withheld.reason}\n`
}

function stake({keysAtStake}: FixAction): string {
  return keysAtStake === null ? 'an unknown number of keys' : count(keysAtStake, 'key')
}

function advice(remedy: string | null): string {
  return remedy === null ? '' : `; ${remedy}`
}

/** `manifest.json` of a backup: what redis-cli's nodes.json does not say, so that a copy can be proved whole years later. */
import type {SavedNode} from './saved-node.js'

export function manifestJson(saved: readonly SavedNode[]): string {
  return `${JSON.stringify({schema: 'tscluster.manifest/1', files: saved}, null, 2)}\n`
}

/** Why keys go with MIGRATE though some of the servers could move slots whole: part of a step, and so of a saved plan. */

export const MIGRATE_REASONS = ['no-atomic', 'pipeline', 'replace', 'pace', 'some-cannot', 'products-differ'] as const
export type MigrateReason = (typeof MIGRATE_REASONS)[number]

const WORDS: {readonly [Reason in MigrateReason]: string} = {
  'no-atomic': '--no-atomic',
  pipeline: '--pipeline',
  replace: '--replace',
  pace: '--rate or --max-latency',
  'some-cannot': 'not all nodes can move slots whole',
  'products-differ': 'the nodes are not the same product',
}

/** As it stands in brackets behind "with MIGRATE": a flag, or half a sentence. */
export function describeMigrateReason(reason: MigrateReason): string {
  return WORDS[reason]
}

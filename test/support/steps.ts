/** One step of every kind. */
import type {StepKind, StepOf} from '../../src/manager/plan/step.js'
import {primaryId} from './topologies.js'

export const A = primaryId(0)
export const B = primaryId(1)

export const EVERY_STEP: {readonly [Kind in StepKind]: StepOf<Kind>} = {
  'set-config': {kind: 'set-config', node: A, parameter: 'cluster-node-timeout', value: '500', rewrite: true},
  'set-config-epoch': {kind: 'set-config-epoch', node: A, epoch: 3},
  'add-slots': {kind: 'add-slots', node: A, slots: '0-5460'},
  meet: {kind: 'meet', node: A, peers: [B]},
  replicate: {kind: 'replicate', replica: A, primary: B},
  'wait-agreement': {kind: 'wait-agreement', nodes: [A, B], push: true},
  'wait-forgotten': {kind: 'wait-forgotten', node: A, nodes: [B]},
  'wait-alone': {kind: 'wait-alone', nodes: [A], members: [B]},
  'wait-sync': {kind: 'wait-sync', replica: A},
  'flush-functions': {kind: 'flush-functions', node: A},
  'copy-functions': {kind: 'copy-functions', from: A, to: B},
  'move-slots': {kind: 'move-slots', slots: '0-99 200', source: A, target: B},
  'migrate-slots': {kind: 'migrate-slots', slots: '0-99 200', source: A, target: B},
  'collect-keys': {kind: 'collect-keys', slot: 5, source: A, target: B},
  'claim-slots': {kind: 'claim-slots', node: A, slots: '5'},
  'assign-slots': {kind: 'assign-slots', node: A, slots: '5', owner: B},
  'close-slots': {kind: 'close-slots', node: A, slots: '5'},
  'del-slots': {kind: 'del-slots', node: A, slots: '5'},
  forget: {kind: 'forget', node: A, by: B},
  reset: {kind: 'reset', node: A, mode: 'hard'},
  failover: {kind: 'failover', replica: A, mode: 'force'},
  'copy-keys': {kind: 'copy-keys', from: '127.0.0.1:6379', database: 0, keep: true},
}

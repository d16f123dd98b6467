/** Who may steer an operation while it runs: the person in front of it, and whoever asks from another terminal. */
import type {ExecutionEvent} from '../../manager/execute/event.js'
import type {Renderer} from '../render/renderer.js'
import type {World} from '../world.js'
import {announce, type Announced} from './announce.js'
import {listenToKeys} from './pace-keys.js'

export interface Steering {
  event(event: ExecutionEvent): void
  end(): void
}

/** @param teller absent: no keys are heard */
export function openSteering(
  world: World,
  announced: Announced,
  teller: Pick<Renderer, 'hint' | 'note'> | undefined,
): Steering {
  const keys = teller === undefined ? undefined : listenToKeys(world, announced.pace, teller)
  const announcement = announce(world, announced, (reason) => {
    teller?.note(`\`tscluster pace\` will not find this operation: ${reason}`)
  })
  return {
    event: (event) => announcement.event(event),
    end() {
      keys?.close()
      teller?.hint('')
      announcement.end()
    },
  }
}

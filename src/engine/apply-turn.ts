/** Carries out what a turn asks for, in its one right order: durable before audible. */
import {
  type FileEffect,
  type FileWork,
  type LinkEffect,
  type Storage,
  type Transport,
  type TurnOutput,
} from './ports.js'

/** Files first, so that a vote is on disk before the candidate can count it; then links; then replies. */
export function applyTurn(turn: TurnOutput, storage: Storage, transport: Transport): void {
  for (const effect of turn.files) applyFile(effect, storage)
  for (const effect of turn.links) applyLink(effect, transport)
  for (const connection of turn.writable) transport.flush(connection)
}

/**
 * One effect on the node's folder: a node that boots carries out its own, before the first turn.
 * @throws Error when it cannot be done and nobody wants to hear of it
 */
export function applyFile(effect: FileEffect, storage: Storage): void {
  if (effect.inBackground === true && storage.later !== undefined) return storage.later(effect)
  if (effect.done === undefined) return doFileWork(effect, storage)
  let failure: string | undefined
  try {
    doFileWork(effect, storage)
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error)
  }
  effect.done(failure)
}

/** The work itself, at once. @throws Error when it cannot be done */
export function doFileWork(effect: FileWork, storage: Storage): void {
  switch (effect.kind) {
    case 'append':
      return storage.append(effect.name, effect.bytes)
    case 'sync':
      return storage.sync(effect.name)
    case 'replace':
      return storage.replace(effect.name, effect.bytes, effect.lazily)
    case 'rename':
      return storage.rename(effect.from, effect.to, effect.lazily)
    case 'sync-folder':
      // A disk that does everything at once has renamed for good.
      return
    case 'remove':
      return storage.remove(effect.name)
  }
}

function applyLink(effect: LinkEffect, transport: Transport): void {
  switch (effect.kind) {
    case 'dial':
      return transport.dial(effect.link, effect.to)
    case 'send':
      return transport.send(effect.link, effect.bytes)
    case 'hang-up':
      return transport.hangUp(effect.link)
    case 'gather':
      return transport.gather(effect.connection)
  }
}

/** A disk that is full from some moment on, for this process alone: what is written to a journal fails as the system lets it fail. */
import fs from 'node:fs'
import {syncBuiltinESMExports} from 'node:module'

const {writeFileSync} = fs

function noSpace(): never {
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), {code: 'ENOSPC', syscall: 'write'})
}

/** Whatever is written to an open file, as journals are. */
export function fillDisk(): void {
  fs.writeFileSync = (file, ...rest) => (typeof file === 'number' ? noSpace() : writeFileSync(file, ...rest))
  syncBuiltinESMExports()
}

export function emptyDisk(): void {
  fs.writeFileSync = writeFileSync
  syncBuiltinESMExports()
}

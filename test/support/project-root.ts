/** Where the project lies, seen from the compiled tests (`.test-build/test/support`). */
import {fileURLToPath} from 'node:url'

export const PROJECT_ROOT: string = fileURLToPath(new URL('../../..', import.meta.url))

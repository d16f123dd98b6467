/** Where the project lies, seen from the compiled tests (`.test-build/test/support`) or, for benches, from the sources. */
import {fileURLToPath} from 'node:url'

const UP = import.meta.url.endsWith('.ts') ? '../..' : '../../..'

export const PROJECT_ROOT: string = fileURLToPath(new URL(UP, import.meta.url))

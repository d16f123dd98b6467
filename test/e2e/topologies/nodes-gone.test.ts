import {describeBroken} from './broken.js'
import {DEAD_PRIMARIES} from './nodes-gone.js'

describeBroken('primaries that are dead or out of reach', DEAD_PRIMARIES, 3)

import {describeBroken} from './broken.js'
import {OWNERS, UNCOVERED} from './owners.js'

describeBroken('slots that nobody serves', UNCOVERED)
describeBroken('slots and keys of the wrong node', OWNERS)

import {describeBroken} from './broken.js'
import {OPEN_SLOTS} from './open-slots.js'

describeBroken('slots that stand half-way', OPEN_SLOTS)

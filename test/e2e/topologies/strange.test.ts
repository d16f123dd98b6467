import {describeBroken} from './broken.js'
import {STRANGE} from './strange.js'

describeBroken('states that no command leaves', STRANGE)

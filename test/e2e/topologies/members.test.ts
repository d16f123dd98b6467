import {describeBroken} from './broken.js'
import {LEFT_NODES} from './nodes-gone.js'

describeBroken('nodes that some remember and others do not', LEFT_NODES)

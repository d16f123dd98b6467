import {CONNECTIONS, EVERY_SIZE, SLOT_MAPS} from './healthy-shapes.js'
import {describeHealthy} from './healthy.js'

describeHealthy('clusters of every size', EVERY_SIZE)
describeHealthy('clusters of every slot map', SLOT_MAPS)
describeHealthy('clusters that are reached in every way', CONNECTIONS)

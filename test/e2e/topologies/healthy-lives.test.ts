import {AT_WORK, ROLES} from './healthy-lives.js'
import {describeHealthy} from './healthy.js'

describeHealthy('clusters whose nodes have changed roles', ROLES)
describeHealthy('clusters at work', AT_WORK)

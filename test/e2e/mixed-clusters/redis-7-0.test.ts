/** Engine nodes and nodes of redis-7.0 in one cluster. */
import {mixedClusterSuite} from './suite.js'

mixedClusterSuite('redis-7.0')

/** Engine nodes and nodes of redis-8.0 in one cluster. */
import {mixedClusterSuite} from './suite.js'

mixedClusterSuite('redis-8.0')

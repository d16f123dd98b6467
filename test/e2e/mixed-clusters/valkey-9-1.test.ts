/** Engine nodes and nodes of valkey-9.1 in one cluster. */
import {mixedClusterSuite} from './suite.js'

mixedClusterSuite('valkey-9.1')

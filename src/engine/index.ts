/** The engine's front door, `tscluster/engine`: nodes and clusters in the caller's own process. Documented in docs/engine.md. */
export {startCluster, type StartClusterOptions} from './library/start-cluster.js'
export {startNode, type StartNodeOptions} from './library/start-node.js'
export {type Condition, type EngineCluster, type WaitOptions} from './library/engine-cluster.js'
export {
  type EngineNode,
  type NodeDescription,
  type NodeFaults,
  type NodeStopping,
  type Slowness,
} from './library/engine-node.js'
export {type DirectiveValue} from './library/node-settings.js'
export {type Reply} from './library/node-connection.js'
export {simulate, type SimulateOptions} from './sim/simulate.js'
export {type NewNode, Simulator, type SimulatorOptions} from './sim/simulator.js'
export {type Checker} from './sim/checkers/checker.js'
export {allCheckers} from './sim/checkers/all-checkers.js'
export {type CrashKind, type SimNode} from './sim/sim-node.js'
export {type SimConnection, type SimListener} from './sim/sim-client.js'

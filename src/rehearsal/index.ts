/** The front door: what the command line asks of rehearsals. It is loaded when somebody asks for one. */
export {FAULT_KINDS, USUAL_FAULTS, type FaultKind} from './faults.js'
export {forecast, type Clients, type Forecast, type ForecastOptions, type Mishap} from './forecast.js'
export {play, type PlayOptions, type Verdict} from './play.js'
export {playSize, type Moment, type SizeScenario, type SizeVerdict} from '../engine/sim/size-play.js'
export {SCENARIO_NAMES, type ScenarioName} from './scenarios.js'

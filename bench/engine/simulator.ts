// `node --import tsx bench/engine/simulator.ts [--nodes 300]`: how much virtual time passes in a second of the processor.
import {parseArgs} from 'node:util'
import {keySlot} from '../../src/engine/keyspace/key-slot.js'
import {simulate} from '../../src/engine/sim/simulate.js'
import {type Simulator} from '../../src/engine/sim/simulator.js'

const {values} = parseArgs({options: {nodes: {type: 'string', default: '100'}}})
const MILLION = 1_000_000
const WRITES_PER_SECOND = 300
const WARM_UP_MS = 2000

function cpuSeconds(): number {
  const {user, system} = process.cpuUsage()
  return (user + system) / MILLION
}

/** Prints one row. */
function measure(what: string, sim: Simulator, virtualSeconds: number): void {
  sim.run(WARM_UP_MS)
  const [messages, startedAt] = [sim.trace.messages, cpuSeconds()]
  sim.run(virtualSeconds * 1000)
  const perSecond = virtualSeconds / (cpuSeconds() - startedAt)
  const sent = Math.round((sim.trace.messages - messages) / virtualSeconds)
  console.log(`| ${what} | ${perSecond.toPrecision(3)} | ${sent} |`)
}

/** A write at a time, each to who has its slot. */
function writeTo(sim: Simulator): void {
  const connections = sim.nodes.slice(0, 3).map((node) => {
    return sim.connect(node, {onBytes: () => undefined, onClose: () => undefined})
  })
  let number = 0
  const write = (): void => {
    const key = `key:${number++ % 1000}`
    const owner = Math.floor((keySlot(key) * connections.length) / 16_384)
    connections[owner]!.send(Buffer.from(`SET ${key} ${number}\r\n`))
    sim.schedule(1000 / WRITES_PER_SECOND, write)
  }
  write()
}

const shape = {primaries: 3, replicasEach: 1, seed: 7}
console.log('| cluster | virtual seconds in a second of CPU | messages a virtual second |')
console.log('|---|---:|---:|')
measure('6 nodes, idle', simulate(shape), 600)
const busy = simulate({...shape, config: {appendonly: 'yes'}})
writeTo(busy)
measure(`6 nodes with AOF, ${WRITES_PER_SECOND} writes a second`, busy, 120)
const count = Number(values.nodes)
const startedAt = cpuSeconds()
const large = simulate({primaries: count / 2, replicasEach: 1, seed: 7, nodeTimeoutMs: 15_000, acquainted: true})
const formed = (cpuSeconds() - startedAt).toFixed(1)
measure(`${count} nodes, idle (formed in ${formed} s of CPU)`, large, 10)
console.log(`${Math.round(process.memoryUsage().rss / MILLION)} MB`)

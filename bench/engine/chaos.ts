// `node --import tsx bench/engine/chaos.ts [--seeds 1000] [--from 1] [--trace]`: plays many seeds of simulated clusters in which much goes
// wrong, and prints those in which a rule was broken. `--seeds 1 --from N --trace` repeats one, with all that happened in it.
import {parseArgs} from 'node:util'
import {playChaos} from '../../src/engine/sim/chaos-play.js'

const {values} = parseArgs({
  options: {
    seeds: {type: 'string', default: '1000'},
    from: {type: 'string', default: '1'},
    trace: {type: 'boolean', default: false},
  },
})
const [first, count] = [Number(values.from), Number(values.seeds)]
const totals = {broken: 0, acknowledged: 0, messages: 0}
const startedMs = performance.now()
for (let seed = first; seed < first + count; seed++) {
  try {
    const {acknowledged, messages} = playChaos({
      seed,
      ...(values.trace && {trace: {onLine: (line) => console.log(line)}}),
    })
    totals.acknowledged += acknowledged
    totals.messages += messages
  } catch (error) {
    totals.broken++
    console.log(`seed ${seed}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
  }
}
const seconds = (performance.now() - startedMs) / 1000
console.log(
  `${count} seeds, ${totals.broken} broken; ${totals.acknowledged} writes acknowledged, ${totals.messages} messages; ${seconds.toFixed(0)} s`,
)
process.exitCode = totals.broken === 0 ? 0 : 1

/**
 * Every command that changes a cluster × everything that may go wrong with it: docs/fault-matrix.md. One cell in ten by default,
 * another one for each command, and those that found something; all of them: TSCLUSTER_MATRIX=all. After a change that is meant:
 * UPDATE=1 TSCLUSTER_MATRIX=all npx mocha '.test-build/test/simulation/fault-matrix/*.test.js'
 */
import {expect} from 'chai'
import {playCell, undisturbed, type Course} from './cell.js'
import {IS_UPDATE, readCells, writeCells} from './document.js'
import {FAULTS, type Fault} from './faults.js'
import {ROWS, type Row} from './rows.js'
import {wordOf, type Cells} from './table.js'

const ONE_IN = 10

/** What they found when they were first played is mended. */
const FOUND: ReadonlyMap<string, string> = new Map([
  [
    'apply: source stands still',
    'slots were handed over though the source had been replaced: writes to its heir were dropped',
  ],
  ['import: target crashes, stays away', 'MIGRATE was tried nine times, each of which took its whole time limit'],
  ['create: OOM', 'what was undone did not say that the command may be given again'],
  ['reshard: killed, journal garbled', 'nobody was told of a journal that cannot be read'],
])

describe('whatever goes wrong with', () => {
  const expected = readCells()
  const played: Cells = new Map()
  after(() => {
    if (IS_UPDATE) {
      writeCells(
        played,
        FAULTS.map(({name}) => name),
        ROWS.map(({name}) => name),
      )
    }
  })

  ROWS.forEach((row, place) => {
    describe(row.name, () => {
      const words = new Map<string, string>()
      played.set(row.name, words)
      let course: Course
      before(async () => (course = await undisturbed(row)))
      for (const fault of faultsOf(row, place)) {
        it(nameOf(row, fault), async () => {
          const report = await playCell(row, fault, course)
          expect(report.violations, report.transcript).to.deep.equal([])
          words.set(fault.name, wordOf(report))
          if (!IS_UPDATE) expect(wordOf(report), report.transcript).to.equal(expected.get(row.name)?.get(fault.name))
        })
      }
    })
  })
})

function faultsOf(row: Row, place: number): Fault[] {
  const isPlayed = (fault: Fault, index: number): boolean =>
    process.env['TSCLUSTER_MATRIX'] === 'all' ||
    (place + index) % ONE_IN === 0 ||
    FOUND.has(`${row.name}: ${fault.name}`)
  return FAULTS.filter(({appliesTo}) => appliesTo?.(row) !== false).filter(isPlayed)
}

function nameOf(row: Row, fault: Fault): string {
  const found = FOUND.get(`${row.name}: ${fault.name}`)
  return found === undefined ? fault.name : `${fault.name} (once found that ${found})`
}

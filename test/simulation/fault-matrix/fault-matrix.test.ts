/** Every command that changes a cluster × everything that may go wrong with it: docs/fault-matrix.md. */
import {expect} from 'chai'
import {playCell, undisturbed, type Course} from './cell.js'
import {FAULTS} from './faults.js'
import {ROWS} from './rows.js'

describe('whatever goes wrong with', () => {
  for (const row of ROWS) {
    describe(row.name, () => {
      let course: Course
      before(async () => (course = await undisturbed(row)))
      for (const fault of FAULTS.filter(({appliesTo}) => appliesTo?.(row) !== false)) {
        it(fault.name, async () => {
          const {violations, transcript, ending, remedies} = await playCell(row, fault, course)
          if (process.env['MATRIX_LOG']) console.log(`@@ ${row.name} | ${fault.name} | ${ending} | ${remedies.join(', ')} | ${violations.map((v) => v.split('\n')[0]).join('; ').slice(0, 300)}`)
          expect(violations, transcript).to.deep.equal([])
        })
      }
    })
  }
})

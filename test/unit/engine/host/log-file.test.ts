import {expect} from 'chai'
import {formatLogLine, LogFile} from '../../../../src/engine/host/log-file.js'

describe('the log of a node', () => {
  // Local time, as Redis has it: whatever the zone, these are its hands.
  const nowMs = new Date(2026, 10, 21, 8, 56, 1, 123).getTime()

  it('has Redis’ lines', () => {
    const line = formatLogLine({level: 'notice', text: 'Ready'}, {role: 'M', nowMs, processId: 1234})
    expect(line).to.equal('1234:M 21 Nov 2026 08:56:01.123 * Ready')
  })

  it('drops what is below its level', () => {
    const lines: string[] = []
    const log = new LogFile((line) => lines.push(line), 7)
    for (const level of ['debug', 'verbose', 'notice', 'warning'] as const) log.write({level, text: level}, 'S', nowMs)
    expect(lines.map((line) => line.slice(-9))).to.deep.equal(
      ['* notice', '# warning'].map((text) => `3 ${text}`.slice(-9)),
    )
  })
})

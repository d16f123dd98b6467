import {execFileSync} from 'node:child_process'
import {expect} from 'chai'

const MIB = 1024 * 1024
const MODULE = new URL('../../../../src/engine/library/young-generation.js', import.meta.url).href

/** Keeps 60 MB of young strings alive in a process of its own. @returns the largest size that its young generation had */
function largest(bound: boolean, ...flags: readonly string[]): number {
  const program = `
    const {boundYoungGeneration, youngBytes} = await import(${JSON.stringify(MODULE)})
    if (${bound}) boundYoungGeneration()
    const kept = []
    let most = 0
    for (let batch = 0; batch < 600; batch++) {
      for (let count = 0; count < 1000; count++) kept.push(Buffer.alloc(100).toString('latin1'))
      most = Math.max(most, youngBytes())
    }
    console.log(most)`
  const args = [...flags, '--input-type=module', '--eval', program]
  return Number(execFileSync(process.execPath, args, {encoding: 'utf8', env: {}}))
}

describe('library/young-generation', () => {
  it('stays at two halves of 4 MiB, whatever survives', () => {
    expect(largest(true)).to.be.within(8 * MIB, 9 * MIB)
    expect(largest(false)).to.be.above(16 * MIB)
  })

  it('leaves a size alone that was given on the command line', () => {
    expect(largest(true, '--max-semi-space-size=8')).to.be.within(16 * MIB, 18 * MIB)
  })
})

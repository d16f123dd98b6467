import {expect} from 'chai'
import {seededRng} from '../../../../src/engine/sim/seeded-rng.js'
import {VirtualDisk} from '../../../../src/engine/sim/virtual-disk.js'

const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('a virtual disk', () => {
  const textOf = (disk: VirtualDisk, name: string): string | undefined => {
    const found = disk.read(name)
    return found === null ? undefined : Buffer.from(found).toString()
  }
  /** What is left of a disk after each of many crashes. */
  const afterCrashes = (prepare: (disk: VirtualDisk) => void, look: (disk: VirtualDisk) => unknown): unknown[] =>
    Array.from({length: 200}, (_, seed) => {
      const disk = new VirtualDisk()
      prepare(disk)
      disk.crash(seededRng(seed))
      return look(disk)
    })

  it('keeps in a crash what was synced; of the rest a beginning', () => {
    const left = afterCrashes(
      (disk) => {
        disk.append('aof', bytes('synced,'))
        disk.sync('aof')
        disk.append('aof', bytes('not'))
      },
      (disk) => textOf(disk, 'aof'),
    )
    expect(new Set(left)).to.have.all.keys('synced,', 'synced,n', 'synced,no', 'synced,not')
  })

  it('replaces a file whole: the former or the new one is there, and when it was not done lazily, the new one', () => {
    const replaced = (lazily: boolean): Set<unknown> =>
      new Set(
        afterCrashes(
          (disk) => {
            disk.replace('nodes.conf', bytes('former'))
            disk.replace('nodes.conf', bytes('new one'), lazily)
          },
          (disk) => textOf(disk, 'nodes.conf'),
        ),
      )
    expect(replaced(false)).to.have.all.keys('new one')
    expect(replaced(true)).to.have.all.keys('former', 'new one')
  })

  it('forgets names in their order: a later one is never there without the earlier ones', () => {
    const left = afterCrashes(
      (disk) => {
        for (const name of ['a', 'b', 'c']) disk.replace(name, bytes(name), true)
        disk.rename('a', 'd', true)
      },
      (disk) => disk.names.join(''),
    )
    expect(new Set(left)).to.have.all.keys('', 'a', 'ab', 'abc', 'abcd', 'bcd')
  })

  it('refuses everything while it fails, in the system’s words', () => {
    const disk = new VirtualDisk()
    disk.failure = 'No space left on device'
    expect(() => disk.append('aof', bytes('x'))).to.throw('No space left on device')
    expect(textOf(disk, 'aof')).to.equal(undefined)
    disk.failure = undefined
    disk.append('aof', bytes('x'))
    expect(textOf(disk, 'aof')).to.equal('x')
  })

  it('does in the background one thing after another, and tells what came of it', () => {
    const disk = new VirtualDisk()
    const timers: (() => void)[] = []
    const told: string[] = []
    disk.attach({occupy: () => undefined, after: (_, run) => timers.push(run), note: (tell) => tell()})
    disk.later({kind: 'append', name: 'a', bytes: bytes('1'), done: (error) => told.push(`append ${error}`)})
    disk.later({kind: 'sync', name: 'a', done: (error) => told.push(`sync ${error}`)})
    expect([timers.length, textOf(disk, 'a')]).to.deep.equal([1, undefined])
    timers.shift()!()
    disk.failure = 'Input/output error'
    timers.shift()!()
    expect(told).to.deep.equal(['append undefined', 'sync Input/output error'])
  })
})

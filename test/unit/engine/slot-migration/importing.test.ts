/** The target of an atomic slot migration, and those that follow it. */
import {expect} from 'chai'
import {type ImportJob} from '../../../../src/engine/slot-migration/import-job.js'
import {SlotMigrations} from '../../../../src/engine/slot-migration/slot-migrations.js'
import {ME, NAME, OTHER, PaperHost, PaperPeer, STRANGER} from './paper-host.js'

describe('the target of an atomic slot migration', () => {
  let host: PaperHost
  let migrations: SlotMigrations
  let peer: PaperPeer
  let job: ImportJob

  beforeEach(() => {
    host = new PaperHost()
    host.give('0-5000', OTHER)
    migrations = new SlotMigrations(host)
    peer = new PaperPeer()
    job = migrations.startImport({name: NAME, ranges: [[3300, 3305]], source: OTHER}, peer)
  })

  function untilGranted(): void {
    job.acknowledged()
    job.snapshotEnded()
    job.sourcePaused()
    job.failoverGranted()
  }

  const hiddenSlots = (): string | undefined => host.databases[0]!.hiddenSlots?.toString()

  it('asks for the hand-over step by step, and takes the slots at the end of the turn', () => {
    expect([job.state, hiddenSlots()]).to.deep.equal(['waiting-for-ack', '3300-3305'])
    untilGranted()
    expect(peer.said).to.deep.equal(['CLUSTER SYNCSLOTS REQUEST-PAUSE', 'CLUSTER SYNCSLOTS REQUEST-FAILOVER'])
    expect(host.claimed).to.deep.equal([])
    migrations.beforeSleep()
    expect([job.state, hiddenSlots(), peer.isClosed]).to.deep.equal(['success', undefined, true])
    expect(host.claimed).to.deep.equal(['3300-3305'])
    expect(host.deleted).to.deep.equal([])
    expect(host.propagated).to.deep.equal([`CLUSTER SYNCSLOTS FINISH STATE SUCCESS NAME ${NAME} MESSAGE `])
  })

  it('leaves no key when it fails, and tells its replicas after that', () => {
    job.acknowledged()
    job.connectionLost()
    expect([job.state, hiddenSlots(), host.propagated.length]).to.deep.equal(['cleaning-up', '3300-3305', 0])
    migrations.beforeSleep()
    expect([job.state, hiddenSlots()]).to.deep.equal(['failed', undefined])
    expect(host.deleted).to.deep.equal(['3300-3305'])
    expect(host.propagated).to.deep.equal([`CLUSTER SYNCSLOTS FINISH STATE FAILED NAME ${NAME} MESSAGE ${job.message}`])
  })

  it('keeps the keys of slots that have become its own', () => {
    job.connectionLost()
    host.give('3300', ME)
    migrations.beforeSleep()
    expect(host.deleted).to.deep.equal(['3301-3305'])
  })

  for (const [what, happens, message] of [
    ['a command is refused', () => void peer.errors++, 'Failed to process command during slot migration.'],
    ['the source is silent', () => void (host.nowMs += 60_001), 'Timed out after too long with no interaction'],
    ['memory is full', () => migrations.outOfMemory(), 'Ran out of memory (OOM) during slot import'],
    ['the data are flushed', () => migrations.dataFlushed(), 'Data was flushed'],
    ['a step is left out', () => job.sourcePaused(), 'Unexpected state machine transition'],
    ['a slot goes elsewhere', () => host.give('3301', STRANGER), 'Slots are no longer owned by source node'],
    ['the slots become its own', () => host.give('3300-3305', ME), 'Slots were unexpectedly assigned to myself'],
  ] as const) {
    it(`fails when ${what}`, () => {
      job.acknowledged()
      happens()
      migrations.tick()
      migrations.beforeSleep()
      expect(job.state).to.equal('failed')
      expect(job.message).to.include(message)
    })
  }

  it('says nothing until the source has read its first answer, then gives a sign of life every second', () => {
    host.nowMs += 1000
    migrations.tick()
    expect(peer.said).to.deep.equal([])
    job.acknowledged()
    migrations.tick()
    expect(peer.said).to.deep.equal(['CLUSTER SYNCSLOTS ACK'])
  })

  it('keeps the keys hidden as a replica, and deletes them when it is promoted', () => {
    job.acknowledged()
    host.isPrimary = false
    migrations.roleChanged(true)
    expect([job.state, job.isTracking, peer.isClosed, hiddenSlots()]).to.deep.equal([
      'occurring-on-primary',
      true,
      true,
      '3300-3305',
    ])
    host.isPrimary = true
    migrations.roleChanged(false)
    migrations.beforeSleep()
    expect([job.state, job.message]).to.deep.equal(['failed', 'A failover occurred during slot import'])
    expect(host.deleted).to.deep.equal(['3300-3305'])
  })

  it('tells of unfinished imports in an RDB file, and finds them there again', () => {
    migrations.startImport(
      {
        name: 'e'.repeat(40),
        ranges: [
          [7, 7],
          [9, 12],
        ],
        source: OTHER,
      },
      new PaperPeer(),
    )
    const text = migrations.describeImports()
    expect(text).to.equal(`${'e'.repeat(40)} 7-7 9-12;${NAME} 3300-3305`)
    const replica = new PaperHost()
    replica.isPrimary = false
    const others = new SlotMigrations(replica)
    others.restoreImports(text)
    others.restoreImports('nonsense;' + text)
    expect(others.describeImports()).to.equal(text)
    expect(replica.databases[0]!.hiddenSlots?.toString()).to.equal('7 9-12 3300-3305')
    others.loaded()
    expect(others.isBusy).to.equal(true)
    others.dataReplaced()
    expect(others.jobs.map(({message}) => message)).to.deep.equal(new Array(2).fill('Full resynchronization occurred'))
  })

  it('does not go on after a restart', () => {
    const restarted = new PaperHost()
    const others = new SlotMigrations(restarted)
    others.restoreImports(migrations.describeImports())
    others.loaded()
    expect(others.jobs.map(({state, message}) => [state, message])).to.deep.equal([['failed', 'Process restarted']])
    expect(restarted.deleted).to.deep.equal(['3300-3305'])
  })
})

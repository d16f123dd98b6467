/** The source of an atomic slot migration, step by step. */
import {expect} from 'chai'
import {SlotMigrations} from '../../../../src/engine/slot-migration/slot-migrations.js'
import {ME, OTHER, PaperHost, SLOT_OF_B, STRANGER} from './paper-host.js'

describe('the source of an atomic slot migration', () => {
  let host: PaperHost
  let migrations: SlotMigrations

  beforeEach(() => {
    host = new PaperHost()
    host.give('0-5000', ME)
    migrations = new SlotMigrations(host)
    host.databases[0]!.set('{b}1', 'one')
    host.databases[0]!.set('a', 'of another slot')
  })

  const stateOf = (): string => migrations.jobs[0]!.state
  const messageOf = (): string => migrations.jobs[0]!.message

  function begin(): void {
    migrations.startExports([{ranges: [[SLOT_OF_B, SLOT_OF_B + 5]], target: OTHER}], 'test')
  }

  /** Until the copy is sent. */
  function copy(): void {
    begin()
    host.wire!.opened(1, {host: '', port: 0}, {host: '', port: 0})
    host.hear('+OK\r\n')
    migrations.beforeSleep()
    host.takeSent()
  }

  function pause(): void {
    copy()
    host.hearCommand('REQUEST-PAUSE')
  }

  it('announces it, copies the keys of its slots as they were, and then sends what was written meanwhile', () => {
    begin()
    expect(stateOf()).to.equal('connecting')
    host.wire!.opened(1, {host: '', port: 0}, {host: '', port: 0})
    const {name} = migrations.jobs[0]!.facts
    expect(host.takeSent()).to.deep.equal([
      `CLUSTER SYNCSLOTS ESTABLISH SOURCE ${ME} NAME ${name} SLOTSRANGE 3300 3305`,
    ])
    host.hear('+OK\r\n')
    expect(stateOf()).to.equal('waiting-to-snapshot')
    expect(host.takeSent()).to.deep.equal(['CLUSTER SYNCSLOTS ACK'])
    migrations.beforeSleep()
    migrations.append(SLOT_OF_B, ['SET', '{b}1', 'two'])
    migrations.append(0, ['SET', 'of', 'another'])
    migrations.append(-1, ['MULTI'])
    migrations.flush()
    expect(host.takeSent()).to.deep.equal([
      'SELECT 0',
      'SET {b}1 one',
      'CLUSTER SYNCSLOTS SNAPSHOT-EOF',
      'SET {b}1 two',
    ])
    expect(stateOf()).to.equal('replicating')
    expect(host.isStreaming).to.equal(true)
  })

  it('logs in first where masterauth is set', () => {
    host.settings.set('masterauth', 'secret').set('masteruser', 'operator')
    begin()
    host.wire!.opened(1, {host: '', port: 0}, {host: '', port: 0})
    expect(host.takeSent()).to.deep.equal(['AUTH operator secret'])
    host.hear('-WRONGPASS invalid username-password pair or user is disabled.\r\n')
    expect(messageOf()).to.equal(
      'Failed to AUTH to target node: -WRONGPASS invalid username-password pair or user is disabled.',
    )
  })

  it('waits for the snapshot of somebody else to end', () => {
    begin()
    host.wire!.opened(1, {host: '', port: 0}, {host: '', port: 0})
    host.databases[0]!.observer = {
      beforeChange: () => undefined,
      beforeClear: () => undefined,
      beforeSwap: () => undefined,
    }
    host.hear('+OK\r\n')
    migrations.beforeSleep()
    expect(stateOf()).to.equal('waiting-to-snapshot')
    host.databases[0]!.observer = undefined
    migrations.beforeSleep()
    expect(stateOf()).to.equal('replicating')
  })

  it('holds writes when nothing is left on its way, and hands over in the order of the wire', () => {
    copy()
    host.unsent = 1
    host.hearCommand('REQUEST-PAUSE')
    expect(stateOf()).to.equal('waiting-to-pause')
    expect(host.heldUntilMs).to.equal(undefined)
    host.unsent = 0
    migrations.append(SLOT_OF_B, ['DEL', '{b}1'])
    migrations.beforeSleep()
    expect(stateOf()).to.equal('failover-paused')
    expect(host.heldUntilMs).to.equal(host.nowMs + 10_000)
    expect(host.takeSent()).to.deep.equal(['DEL {b}1', 'CLUSTER SYNCSLOTS PAUSED'])
    host.hearCommand('REQUEST-FAILOVER')
    expect(host.takeSent()).to.deep.equal(['CLUSTER SYNCSLOTS FAILOVER-GRANTED'])
    migrations.append(SLOT_OF_B, ['SET', '{b}1', 'too late'])
    migrations.flush()
    expect(host.takeSent()).to.deep.equal([])
    host.give('3300-3305', OTHER)
    migrations.beforeSleep()
    expect([stateOf(), host.heldUntilMs, host.isStreaming]).to.deep.equal(['success', undefined, false])
  })

  it('does not wait with slot-migration-max-failover-repl-bytes -1', () => {
    host.settings.set('slot-migration-max-failover-repl-bytes', '-1')
    host.unsent = 999
    pause()
    expect(stateOf()).to.equal('failover-paused')
  })

  it('waits for keys that leave by MIGRATE: they will be deleted here', () => {
    host.hasKeysInTransit = true
    pause()
    expect(stateOf()).to.equal('waiting-to-pause')
  })

  it('lets the writes go on when the target asks for nothing more in time', () => {
    pause()
    host.nowMs += 10_001
    migrations.beforeSleep()
    expect([stateOf(), messageOf(), host.heldUntilMs]).to.deep.equal([
      'failed',
      'Timed out before streaming completed',
      undefined,
    ])
  })

  it('keeps holding them when a target that may have taken over is lost', () => {
    pause()
    host.hearCommand('REQUEST-FAILOVER')
    host.wire!.closed(1, 'reset')
    expect(stateOf()).to.equal('failover-granted')
    expect(host.heldUntilMs).to.equal(host.nowMs + 10_000)
    host.nowMs += 10_001
    migrations.beforeSleep()
    expect(messageOf()).to.equal('Unpaused before migration completed (migration may have succeeded with lost writes)')
    expect(host.logs.some((line) => line.startsWith('Write loss risk!'))).to.equal(true)
  })

  it('fails when the target is lost, silent, or says what nobody expects', () => {
    copy()
    host.wire!.closed(1, 'reset')
    expect(messageOf()).to.include('Connection lost to target.')
    copy()
    host.nowMs += 60_001
    migrations.tick()
    expect(messageOf()).to.equal('Timed out after too long with no interaction')
    copy()
    host.hearCommand('REQUEST-FAILOVER')
    expect(messageOf()).to.equal('Unexpected state machine transition')
    copy()
    host.hearCommand('SOMETHING-NEW')
    expect(messageOf()).to.equal('Unknown SYNCSLOTS subcommand used')
    expect(host.databases[0]!.observer).to.equal(undefined)
  })

  it('tells why the target refuses, and that it could not be reached', () => {
    begin()
    host.wire!.opened(1, {host: '', port: 0}, {host: '', port: 0})
    host.hear('-ERR Slots are being manually imported\r\n')
    expect(messageOf()).to.equal(
      'Received error during handshake to target: -ERR Slots are being manually imported\r\n',
    )
    begin()
    host.wire!.closed(1, 'Connection refused')
    expect(messageOf()).to.equal('Unable to connect to target node: Connection refused')
    migrations.startExports([{ranges: [[1, 1]], target: STRANGER}], 'test')
    expect(messageOf()).to.equal('Unable to connect to target node: target node not found')
  })

  it('fails when one of its slots goes to anybody but the target, and when this node is no primary any more', () => {
    copy()
    host.give('3301', STRANGER)
    migrations.beforeSleep()
    expect(messageOf()).to.equal('Slots are no longer owned by myself')
    host.give('3301', ME)
    copy()
    host.isPrimary = false
    host.ownersVersion++
    migrations.beforeSleep()
    expect(stateOf()).to.equal('failed')
  })

  it('sends a sign of life every second, and closes a connection that takes nothing', () => {
    copy()
    host.nowMs += 1000
    migrations.tick()
    expect(host.takeSent()).to.deep.equal(['CLUSTER SYNCSLOTS ACK'])
    migrations.append(SLOT_OF_B, ['SET', '{b}1', 'x'.repeat(1_000_001)])
    migrations.tick()
    expect(messageOf()).to.include('Connection lost to target.')
  })

  it('is cancelled only while it goes on, and forgotten when the log is full', () => {
    expect(migrations.cancelExports('test')).to.equal(false)
    copy()
    expect(migrations.cancelExports('test')).to.equal(true)
    expect(stateOf()).to.equal('cancelled')
    copy()
    host.settings.set('cluster-slot-migration-log-max-len', '0')
    migrations.tick()
    expect(migrations.jobs.map(({state}) => state)).to.deep.equal(['replicating'])
  })
})

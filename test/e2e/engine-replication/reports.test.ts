/** What INFO replication and ROLE tell, field by field beside redis-server 7.0 in the same role. */
import {expect} from 'chai'
import type {Flavour} from '../../support/installed-servers.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command, type RespTarget} from '../../support/resp.js'
import type {ServerNode} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'
import {follow, replicationOf, standalone, untilLinkUp, untilSameOffset} from './standalone.js'

interface Pair {
  readonly primary: ServerNode
  readonly replica: ServerNode
}

/** Fields that name this server, or a moment. */
const OWN = /^(master_replid|master_port$|slave0$|master_last_io|master_link_down)/
const PRIMARY = {'min-replicas-to-write': 1, 'min-replicas-max-lag': 5}
const REPLICA = {
  'replica-priority': 42,
  'replica-announced': 'no',
  'replica-announce-ip': '10.1.2.3',
  'replica-announce-port': 7777,
}

async function startPair(flavour: Flavour): Promise<Pair> {
  const [primary, replica] = await Promise.all([standalone(flavour, PRIMARY), standalone(flavour, REPLICA)])
  await follow(replica, primary)
  await untilLinkUp(replica)
  await until(async () => (await replicationOf(primary))['min_slaves_good_slaves'] === '1', {what: 'a good replica'})
  await command(primary, 'SET', 'key', 'value')
  await untilSameOffset(primary, replica)
  return {primary, replica}
}

/** The names in their order, with the values that two servers share. */
async function reportOf(target: RespTarget): Promise<readonly string[]> {
  const fields = Object.entries(await replicationOf(target))
  return fields.map(([name, value]) => (OWN.test(name) ? name : `${name}:${value}`))
}

describeOnServers('INFO replication and ROLE', ['redis-7.0'], () => {
  let real: Pair
  let ours: Pair

  before(async () => {
    ;[real, ours] = await Promise.all([startPair('redis-7.0'), startPair('engine')])
  })

  it('are the same on a primary', async () => {
    expect(await reportOf(ours.primary)).to.deep.equal(await reportOf(real.primary))
    const shownOf = async ({primary}: Pair): Promise<string> =>
      String((await replicationOf(primary))['slave0']).replace(/lag=\d+/, 'lag=…')
    const offset = await replicationOf(ours.primary).then((fields) => fields['master_repl_offset'])
    await until(async () => (await shownOf(ours)).includes(`offset=${offset}`), {what: 'the ACK of our replica'})
    await until(async () => (await shownOf(real)).includes(`offset=${offset}`), {what: 'the ACK of the real replica'})
    expect(await shownOf(ours))
      .to.equal(await shownOf(real))
      .and.include('ip=10.1.2.3,port=7777,state=online')
    expect(await command(ours.primary, 'ROLE')).to.deep.equal(await command(real.primary, 'ROLE'))
  })

  it('are the same on a replica, but for the port of its primary', async () => {
    expect(await reportOf(ours.replica)).to.deep.equal(await reportOf(real.replica))
    const roleOf = async ({primary, replica}: Pair): Promise<unknown> =>
      ((await command(replica, 'ROLE')) as unknown[]).map((each) => (each === primary.port ? 'its port' : each))
    expect(await roleOf(ours)).to.deep.equal(await roleOf(real))
  })

  it('are the same on a replica whose primary is gone, which then refuses what replica-serve-stale-data forbids', async () => {
    for (const {primary, replica} of [ours, real]) {
      primary.process.kill('SIGKILL')
      await until(async () => (await replicationOf(replica))['master_link_status'] === 'down', {
        what: 'the link to be down',
      })
      await command(replica, 'CONFIG', 'SET', 'replica-serve-stale-data', 'no')
    }
    expect(await reportOf(ours.replica)).to.deep.equal(await reportOf(real.replica))
    const refusalOf = async ({replica}: Pair): Promise<string> =>
      command(replica, 'GET', 'key').then(String, (error: Error) => error.message)
    expect(await refusalOf(ours))
      .to.equal(await refusalOf(real))
      .and.match(/^MASTERDOWN/)
  })

  it('and a primary without enough good replicas refuses writes in the same words', async () => {
    const refusals: string[] = []
    for (const {replica} of [ours, real]) {
      await command(replica, 'REPLICAOF', 'NO', 'ONE')
      await command(replica, 'CONFIG', 'SET', 'min-replicas-to-write', 1)
      const refused = async (): Promise<string | false> =>
        command(replica, 'SET', 'key', 1).then(
          () => false as const,
          (error: Error) => error.message,
        )
      refusals.push(await until(refused, {what: 'a refused write'}))
    }
    expect(refusals[0])
      .to.equal(refusals[1])
      .and.match(/^NOREPLICAS/)
  })
})

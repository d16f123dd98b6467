/** Many accounts of one cluster, read together. */
import {expect} from 'chai'
import {largeCluster} from '../../../bench/generated-accounts.js'
import {AccountReader} from '../../../src/model/account-reader.js'
import {parseClusterNodes} from '../../../src/model/cluster-nodes.js'

const ID = 'cf56d1e6cc0f3766a6198baa5cf6bb613d746cb6'
const OTHER = '53ee59f6e65d1b8de08b609bae1673f791ca4e96'
const PRIMARY = `${ID} 127.0.0.1:7000@17000 master - 0 1795224912597 3 connected 0-5460 6000`

describe('accounts that are read together', () => {
  it('say what each of them would say by itself', () => {
    const cluster = largeCluster(40)
    const reader = new AccountReader()
    for (let node = 0; node < cluster.nodes; node++) {
      const text = cluster.account(node)
      expect(reader.read(text)).to.deep.equal(parseClusterNodes(text))
    }
  })

  it('have each node parsed twice: by its own account and by the first of the others', () => {
    const cluster = largeCluster(40)
    const reader = new AccountReader()
    for (let node = 0; node < cluster.nodes; node++) reader.read(cluster.account(node))
    expect(reader.parsed).to.equal(2 * cluster.nodes)
  })

  it('share lines that differ but in the times of ping and pong', () => {
    const reader = new AccountReader()
    const [first] = reader.read(PRIMARY)!
    const [second] = reader.read(`${PRIMARY.replace('0 1795224912597', '1795224919999 7')}\n`)!
    expect(second).to.equal(first)
  })

  it('keep apart whatever differs in another way', () => {
    const reader = new AccountReader()
    const texts = [
      PRIMARY,
      PRIMARY.replace('master', 'master,fail?'),
      PRIMARY.replace('master', 'myself,master'),
      PRIMARY.replace('connected', 'disconnected'),
      PRIMARY.replace(' 3 ', ' 4 '),
      PRIMARY.replace(' 6000', ' 6000 [5->-' + OTHER + ']'),
      PRIMARY.replace(' 6000', ''),
      PRIMARY.replace(' 6000', ' 60000'.slice(0, 5) + '-6001'),
      PRIMARY.replace('7000@', '7001@'),
      PRIMARY.replace('master -', `slave ${OTHER}`),
    ]
    for (const text of [...texts, ...texts]) expect(reader.read(text)).to.deep.equal(parseClusterNodes(text))
    expect(reader.parsed).to.equal(texts.length)
  })

  it('share ids and slot sets between lines', () => {
    const [mine, others] = new AccountReader().read(`${PRIMARY}\n${PRIMARY.replace('master', 'myself,master')}\n`)!
    expect(mine!.slots).to.equal(others!.slots)
  })

  it('are unreadable one by one', () => {
    const reader = new AccountReader()
    expect(reader.read(`${PRIMARY}\nHTTP/1.1 400 Bad Request\n`)).to.equal(undefined)
    expect(reader.read(PRIMARY)).to.have.length(1)
  })

  it('may have blank lines, the vars line of nodes.conf and other ends of line', () => {
    for (const text of [`\n${PRIMARY}\n\n`, `${PRIMARY}\r\nvars currentEpoch 6 lastVoteEpoch 0\r\n`]) {
      const reader = new AccountReader()
      expect(reader.read(text)).to.deep.equal(parseClusterNodes(text))
      expect(reader.read(text)).to.deep.equal(parseClusterNodes(text))
    }
  })
})

import {expect} from 'chai'
import {formatAddress, parseAddress, parseNodeAddress} from '../../../src/model/address.js'
import {parseClusterNodes, parseNodeLine} from '../../../src/model/cluster-nodes.js'
import {formatNodeFlags, parseNodeFlags} from '../../../src/model/node-flags.js'

const ID = 'cf56d1e6cc0f3766a6198baa5cf6bb613d746cb6'
const OTHER = '53ee59f6e65d1b8de08b609bae1673f791ca4e96'

describe('a line of CLUSTER NODES', () => {
  it('tells a primary with its slots', () => {
    const line = parseNodeLine(`${ID} 127.0.0.1:7000@17000 myself,master - 0 1795224912597 3 connected 0-5460 6000`)!
    expect(line.address).to.deep.equal({host: '127.0.0.1', port: 7000, busPort: 17_000, hostname: ''})
    expect([...line.flags]).to.deep.equal(['myself', 'primary'])
    expect(line.primaryId).to.equal(null)
    expect(line.configEpoch).to.equal(3)
    expect(line.linkConnected).to.equal(true)
    expect(line.slots.toString()).to.equal('0-5460 6000')
  })

  it('tells a failed replica whose link is down', () => {
    const line = parseNodeLine(`${ID} 10.0.0.1:7000@17000 slave,fail ${OTHER} 1 2 3 disconnected`)!
    expect([...line.flags]).to.deep.equal(['replica', 'fail'])
    expect(line.primaryId).to.equal(OTHER)
    expect(line.linkConnected).to.equal(false)
  })

  it('tells open slots with the node at the other end', () => {
    const line = parseNodeLine(`${ID} :7000@17000 myself,master - 0 0 1 connected 0-9 [5->-${OTHER}] [77-<-${OTHER}]`)!
    expect([...line.migrating]).to.deep.equal([[5, OTHER]])
    expect([...line.importing]).to.deep.equal([[77, OTHER]])
  })

  it('is unreadable as a whole when one line is', () => {
    expect(
      parseClusterNodes(`${ID} 127.0.0.1:7000@17000 master - 0 0 1 connected\nHTTP/1.1 400 Bad Request\n`),
    ).to.equal(undefined)
    expect(parseNodeLine(`${ID} 127.0.0.1:7000@17000 master - 0 0 1 connected 5-20000`)).to.equal(undefined)
  })

  it('skips the vars line of nodes.conf and flags that it does not know', () => {
    const lines = parseClusterNodes(
      `${ID} 127.0.0.1:7000@17000 master,shiny - 0 0 1 connected\nvars currentEpoch 6 lastVoteEpoch 0\n`,
    )!
    expect(lines).to.have.length(1)
    expect([...lines[0]!.flags]).to.deep.equal(['primary'])
  })
})

describe('the address of a node', () => {
  it('may be of any kind that servers print', () => {
    expect(parseNodeAddress('::1:20002@20502')).to.deep.equal({
      host: '::1',
      port: 20_002,
      busPort: 20_502,
      hostname: '',
    })
    expect(parseNodeAddress('127.0.0.1:7000')).to.deep.equal({host: '127.0.0.1', port: 7000, busPort: 0, hostname: ''})
    expect(parseNodeAddress('10.0.0.1:7000@17000,host-a.example.com,shard-id=b684')!.hostname).to.equal(
      'host-a.example.com',
    )
    expect(parseNodeAddress(':7000@17000')!.host).to.equal('')
  })

  it('is printed so that it can be read again', () => {
    for (const text of ['127.0.0.1:7000', '[::1]:7000', 'redis.example.com:6379']) {
      expect(formatAddress(parseAddress(text)!)).to.equal(text)
    }
    for (const text of ['127.0.0.1', '127.0.0.1:0', '127.0.0.1:70000', '::1:7000']) {
      expect(parseAddress(text), text).to.equal(undefined)
    }
  })
})

describe('node flags', () => {
  it('speak the words of the wire only there', () => {
    expect(formatNodeFlags(parseNodeFlags('myself,slave,fail?,nofailover'))).to.equal('myself,slave,fail?,nofailover')
    expect(formatNodeFlags(parseNodeFlags('noflags'))).to.equal('noflags')
  })
})

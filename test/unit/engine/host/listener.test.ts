import net from 'node:net'
import {expect} from 'chai'
import {listen, ListenError, parseBind} from '../../../../src/engine/host/listener.js'

describe('listening', () => {
  it('reads the bind directive: any address, optional ones, both families', () => {
    expect(parseBind('* -::*')).to.deep.equal([
      {host: '0.0.0.0', optional: false},
      {host: '::', optional: true},
    ])
    expect(parseBind('127.0.0.1 -10.9.9.9')).to.deep.equal([
      {host: '127.0.0.1', optional: false},
      {host: '10.9.9.9', optional: true},
    ])
    expect(parseBind('""')).to.deep.equal([])
  })

  it('says in one line which port is taken', async () => {
    const other = net.createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const {port} = other.address() as net.AddressInfo
    const error = await listen({host: '127.0.0.1', port}, {accept: () => undefined, backlog: 1}).catch(
      (caught: unknown) => caught,
    )
    other.close()
    expect(error).to.be.instanceOf(ListenError)
    expect(error).to.include({code: 'EADDRINUSE', port})
    expect((error as Error).message).to.equal(`Could not listen on 127.0.0.1:${port}: address already in use`)
  })
})

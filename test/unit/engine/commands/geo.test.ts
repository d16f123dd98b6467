/** The geo commands, as a client of Redis 7.0 sees them: Sicily, as in Redis' documentation. */
import {expect} from 'chai'
import {EngineNode, type EngineClient} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'

describe('geo commands', () => {
  let client: EngineClient
  let stream: string[]

  beforeEach(() => {
    const node = new EngineNode()
    stream = []
    node.core.server.propagation.addSink({append: (_db, argv) => stream.push(argv.join(' '))})
    client = node.connect()
    call('GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania')
  })

  const call = (line: string) => client.call(...line.split(' '))

  it('are ZADD in the stream', () => {
    expect(stream).to.deep.equal(['zadd Sicily 3479099956230698 Palermo 3479447370796909 Catania'])
    expect(call('GEOADD Sicily NX 1 1 Palermo')).to.equal(0)
    expect(stream).to.have.length(1)
  })

  it('tell places, hashes and distances', () => {
    expect(call('GEOPOS Sicily Palermo none')).to.deep.equal([['13.36138933897018433', '38.11555639549629859'], null])
    expect(call('GEOHASH Sicily Palermo Catania')).to.deep.equal(['sqc8b49rny0', 'sqdtr74hyu0'])
    expect(call('GEODIST Sicily Palermo Catania')).to.equal('166274.1516')
    expect(call('GEODIST Sicily Palermo Catania km')).to.equal('166.2742')
    expect(call('GEODIST Sicily Palermo none')).to.equal(null)
  })

  it('find what lies within a circle or a box, nearest first', () => {
    expect(call('GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHDIST')).to.deep.equal([
      ['Catania', '56.4413'],
      ['Palermo', '190.4424'],
    ])
    expect(call('GEOSEARCH Sicily FROMMEMBER Palermo BYBOX 10 10 km ASC')).to.deep.equal(['Palermo'])
    expect(call('GEORADIUS Sicily 15 37 200 km COUNT 1')).to.deep.equal(['Catania'])
    expect(call('GEORADIUSBYMEMBER_RO Sicily Palermo 1 m')).to.deep.equal(['Palermo'])
  })

  it('store hashes or distances', () => {
    expect(call('GEOSEARCHSTORE d Sicily FROMLONLAT 15 37 BYRADIUS 100 km STOREDIST')).to.equal(1)
    expect(call('ZSCORE d Catania')).to.match(/^56\.4412/)
    expect(call('GEORADIUS Sicily 15 37 200 km STORE d')).to.equal(2)
    expect(call('ZSCORE d Palermo')).to.equal('3479099956230698')
    expect(call('GEORADIUS none 15 37 200 km STORE d')).to.equal(0)
    expect(call('EXISTS d')).to.equal(0)
  })

  it('say what is wrong in the words of Redis', () => {
    const errors: Readonly<Record<string, string>> = {
      'GEOADD Sicily 200 1 x': 'ERR invalid longitude,latitude pair 200.000000,1.000000',
      'GEOSEARCH Sicily BYRADIUS 1 km ASC ASC':
        'ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH',
      'GEOSEARCH Sicily FROMMEMBER Palermo ASC ASC ASC':
        'ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH',
      'GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1 km ANY': 'ERR the ANY argument requires COUNT argument',
      'GEOSEARCH Sicily FROMMEMBER none BYRADIUS 1 km': 'ERR could not decode requested zset member',
      'GEORADIUS Sicily 15 37 -1 km': 'ERR radius cannot be negative',
      'GEORADIUS Sicily 15 37 1 parsec': 'ERR unsupported unit provided. please use M, KM, FT, MI',
      'GEORADIUS_RO Sicily 15 37 1 km STORE d': 'ERR syntax error',
    }
    for (const [line, error] of Object.entries(errors)) expect(call(line)).to.deep.equal(new ReplyError(error))
  })
})

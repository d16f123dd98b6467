import {expect} from 'chai'
import {NO_NAME, NodeNames} from '../../../../src/engine/cluster/node-names.js'
import {GOSSIP_BYTES, HEADER_BYTES} from '../../../../src/engine/cluster/packet.js'
import {gossipWord, readGossip, wordsOf} from '../../../../src/engine/cluster/packet-codec.js'

const idOf = (number: number): string => number.toString(16).padStart(40, '0')
const AT_HOME = {ip: '10.0.0.1', port: 7000, secondPort: 0, busPort: 17_000}
const ELSEWHERE = {...AT_HOME, ip: '10.0.0.200'}

/** A packet whose gossip section is these images. */
function packetOf(...images: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.alloc(HEADER_BYTES), ...images])
}

describe('the names of nodes', () => {
  let names: NodeNames

  beforeEach(() => {
    names = new NodeNames()
  })

  it('are found by the bytes of a packet, however it lies in memory', () => {
    const numbers = Array.from({length: 300}, (_, index) => names.take(idOf(index)))
    for (const number of numbers) names.renewImage(number, AT_HOME)
    const packet = packetOf(...numbers.map((number) => names.imageOf(number)))
    for (const bytes of [packet, Buffer.concat([Buffer.alloc(1), packet]).subarray(1)]) {
      const words = wordsOf(bytes)
      expect(numbers.map((_, entry) => names.find(words, gossipWord(entry)))).to.deep.equal(numbers)
    }
  })

  it('are one for each id, whoever takes it', () => {
    expect(names.take(idOf(1))).to.equal(names.take(idOf(1)))
    expect(names.take(idOf(2))).not.to.equal(names.take(idOf(1)))
    expect(names.textOf(names.take(idOf(2)))).to.equal(idOf(2))
  })

  it('are forgotten when the last table has let go of them, and no other with them', () => {
    const numbers = Array.from({length: 20}, (_, index) => names.take(idOf(index)))
    names.take(idOf(7))
    const packet = wordsOf(
      packetOf(...numbers.map((number) => (names.renewImage(number, AT_HOME), names.imageOf(number)))),
    )
    for (const number of numbers) names.release(number)
    const found = numbers.map((_, entry) => names.find(packet, gossipWord(entry)))
    expect(found.filter((number) => number !== NO_NAME)).to.deep.equal([numbers[7]])
  })

  it('have an image that says where the node is, and another edition when it has moved', () => {
    const number = names.take(idOf(1))
    const unseen = names.editionOf(number)
    const first = names.renewImage(number, ELSEWHERE)
    expect(first).not.to.equal(unseen)
    expect(names.renewImage(number, {...ELSEWHERE})).to.equal(first)
    // The longer address leaves nothing behind in the shorter one.
    expect(names.renewImage(number, AT_HOME)).not.to.equal(first)
    const {ip, port, secondPort, busPort, id} = readGossip(packetOf(names.imageOf(number)), 0)
    expect({ip, port, secondPort, busPort}).to.deep.equal(AT_HOME)
    expect([id, names.imageOf(number).length]).to.deep.equal([idOf(1), GOSSIP_BYTES])
  })
})

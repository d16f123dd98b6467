/** Bus packets against bytes recorded from real servers, and the lengths that the protocol prescribes. */
import {expect} from 'chai'
import {
  encodeHeader,
  type Header,
  isWellFormed,
  packetLength,
  PacketView,
  readGossip,
  writeGossipAddress,
  writeGossipNews,
} from '../../../../src/engine/cluster/packet-codec.js'
import {HEADER_BYTES, PACKET} from '../../../../src/engine/cluster/packet.js'
import {SlotSet} from '../../../../src/model/slot-set.js'

/** A PING of Redis 8.0.6, primary of 0-5460 and 16383, with one gossip entry and two extensions: 2456 bytes. */
function recordedPing(): Buffer {
  const bytes = Buffer.alloc(2456)
  const put = (at: number, hex: string): void => void bytes.write(hex.replaceAll(/\s/g, ''), at, 'hex')
  put(0x0000, '52 43 6d 62 00 00 09 98 00 01 52 0a 00 00 00 01')
  put(0x0010, '00 00 00 00 00 00 00 07 00 00 00 00 00 00 00 00')
  put(0x0020, '00 00 00 00 00 00 04 fb 62 61 39 38 33 36 66 30')
  put(0x0030, '63 65 30 32 61 62 35 37 36 30 39 64 64 31 61 65')
  put(0x0040, '34 62 37 39 66 63 37 62 30 65 65 31 63 36 32 35')
  bytes.fill(0xff, 0x0050, 0x02fa)
  put(0x02fa, '1f')
  put(0x084f, '80')
  put(0x08a6, '00 02')
  put(0x08c6, '00 00 79 1a 00 11 01 04 00 00')
  put(0x08d0, '38 61 38 37 64 35 65 32 39 63 61 65 31 63 38 31')
  put(0x08e0, '64 36 38 35 39 34 35 32 34 62 65 66 38 32 30 37')
  put(0x08f0, '33 38 30 62 63 62 38 64 00 00 00 00 6b 00 f8 a1')
  put(0x0900, '31 32 37 2e 30 2e 30 2e 31')
  put(0x092e, '55 70 7c 80 04 01 00 00 00 00')
  put(0x0938, '00 00 00 30 00 03 00 00')
  bytes.write('a77ca7125d0e2bc8babf885067d0cb0d591dae27', 0x0940, 'latin1')
  put(0x0968, '00 00 00 30 00 04 00 00')
  bytes.fill('0', 0x0970, 0x0998)
  return bytes
}

const ID = 'ba9836f0ce02ab57609dd1ae4b79fc7b0ee1c625'

const header = (overrides: Partial<Header> = {}): Header => ({
  type: PACKET.PING,
  port: 21_002,
  secondPort: 0,
  busPort: 31_002,
  currentEpoch: 7,
  configEpoch: 0,
  offset: 1275,
  sender: ID,
  slots: recordedPing().subarray(80, 80 + 2048),
  primaryId: '',
  ip: '',
  flags: 0x11,
  ok: false,
  messageFlags: 4,
  ...overrides,
})

describe('a recorded PING', () => {
  const view = new PacketView(recordedPing())

  it('is read field by field', () => {
    expect(view.length).to.equal(2456)
    expect([view.type, view.version, view.port, view.count]).to.deep.equal([0, 1, 21_002, 1])
    expect([view.currentEpoch, view.configEpoch, view.offset]).to.deep.equal([7, 0, 1275])
    expect([view.sender, view.primaryId, view.ip]).to.deep.equal([ID, '', ''])
    expect([view.secondPort, view.busPort, view.flags, view.ok]).to.deep.equal([0, 31_002, 0x11, false])
    expect([view.messageFlags, view.extensionCount, view.readsExtensions]).to.deep.equal([4, 2, true])
    const slots = SlotSet.of([...Array(16_384).keys()].filter((slot) => view.slots[slot >> 3]! & (1 << (slot & 7))))
    expect(slots.toString()).to.equal('0-5460 16383')
    expect(readGossip(view.bytes, 0)).to.deep.equal({
      id: '8a87d5e29cae1c81d68594524bef8207380bcb8d',
      pingSentSeconds: 0,
      pongReceivedSeconds: 1_795_225_761,
      ip: '127.0.0.1',
      port: 21_872,
      secondPort: 0,
      busPort: 31_872,
      flags: 0x401,
    })
    expect(isWellFormed(view)).to.be.true
  })

  it('is written byte for byte', () => {
    const recorded = recordedPing()
    const bytes = encodeHeader(header(), recorded.length - HEADER_BYTES)
    bytes.writeUInt16BE(1, 14)
    bytes.writeUInt16BE(2, 0x08a6)
    const {id, flags, pingSentSeconds, pongReceivedSeconds, ...address} = readGossip(recorded, 0)
    writeGossipAddress(bytes.subarray(HEADER_BYTES), id, address)
    writeGossipNews(bytes, HEADER_BYTES, pingSentSeconds, pongReceivedSeconds, flags)
    recorded.copy(bytes, 0x0938, 0x0938)
    expect(bytes.equals(recorded)).to.be.true
  })
})

describe('the length of a packet', () => {
  const lengths: [name: string, type: number, bodyBytes: number][] = [
    ['PING without gossip', PACKET.PING, 0],
    ['FAIL', PACKET.FAIL, 40],
    ['AUTH_REQUEST', PACKET.AUTH_REQUEST, 0],
    ['AUTH_ACK', PACKET.AUTH_ACK, 0],
    ['UPDATE', PACKET.UPDATE, 2096],
    ['MFSTART', PACKET.MFSTART, 0],
  ]
  for (const [name, type, bodyBytes] of lengths) {
    it(`of ${name} is ${HEADER_BYTES + bodyBytes}, and nothing else`, () => {
      expect(isWellFormed(new PacketView(encodeHeader(header({type}), bodyBytes)))).to.be.true
      expect(isWellFormed(new PacketView(encodeHeader(header({type}), bodyBytes + 8)))).to.be.false
    })
  }

  it('of PUBLISH follows from its two texts', () => {
    const bytes = encodeHeader(header({type: PACKET.PUBLISH}), 8 + 4 + 5)
    bytes.writeUInt32BE(4, HEADER_BYTES)
    bytes.writeUInt32BE(5, HEADER_BYTES + 4)
    expect(isWellFormed(new PacketView(bytes))).to.be.true
    bytes.writeUInt32BE(0xffffffff, HEADER_BYTES + 4)
    expect(isWellFormed(new PacketView(bytes))).to.be.false
  })

  it('of a light PUBLISH of “hello-21003” on “chan” is 39', () => {
    const bytes = Buffer.alloc(39)
    bytes.write('RCmb', 0, 'latin1')
    bytes.writeUInt32BE(39, 4)
    bytes.writeUInt16BE(1, 8)
    bytes.writeUInt16BE(0x8000 | PACKET.PUBLISH, 12)
    bytes.writeUInt32BE(4, 16)
    bytes.writeUInt32BE(11, 20)
    bytes.write('chanhello-21003', 24, 'latin1')
    expect(packetLength(bytes, 0, 13, 1e6)).to.equal('unknown')
    expect(packetLength(bytes, 0, 14, 1e6)).to.equal(39)
    expect(isWellFormed(new PacketView(bytes))).to.be.true
    bytes.writeUInt16BE(0x8000 | PACKET.PING, 12)
    expect(isWellFormed(new PacketView(bytes))).to.be.false
  })

  it('is known after eight bytes', () => {
    const bytes = recordedPing()
    expect(packetLength(bytes, 0, 7, 1e6)).to.equal('unknown')
    expect(packetLength(bytes, 0, 8, 1e6)).to.equal(2456)
  })

  it('is none when the signature is wrong, or it is too short or too long', () => {
    const bytes = recordedPing()
    expect(packetLength(bytes, 0, 8, 2455)).to.equal('garbage')
    bytes.writeUInt32BE(2255, 4)
    expect(packetLength(bytes, 0, 2456, 1e6)).to.equal('garbage')
    bytes.writeUInt32BE(15, 4)
    expect(packetLength(bytes, 0, 2456, 1e6)).to.equal('garbage')
    bytes.write('GET ', 0, 'latin1')
    expect(packetLength(bytes, 0, 2456, 1e6)).to.equal('garbage')
  })
})

describe('a malformed packet', () => {
  const broken = (change: (bytes: Buffer) => void): boolean => {
    const bytes = recordedPing()
    change(bytes)
    return isWellFormed(new PacketView(bytes))
  }

  it('has another version, an unknown type, a wrong count', () => {
    expect(broken((bytes) => bytes.writeUInt16BE(2, 8))).to.be.false
    expect(broken((bytes) => bytes.writeUInt16BE(11, 12))).to.be.false
    expect(broken((bytes) => bytes.writeUInt16BE(2, 14))).to.be.false
  })

  it('has extensions that are no multiple of eight, empty, past the end, or not announced', () => {
    expect(broken((bytes) => bytes.writeUInt32BE(47, 0x0938))).to.be.false
    expect(broken((bytes) => bytes.writeUInt32BE(0, 0x0938))).to.be.false
    expect(broken((bytes) => bytes.writeUInt32BE(0x1000, 0x0938))).to.be.false
    expect(broken((bytes) => bytes.writeUInt16BE(3, 0x08a6))).to.be.false
    expect(broken((bytes) => bytes.writeUInt8(0, 0x08cd))).to.be.false
  })

  it('has an epoch beyond what can be counted', () => {
    expect(broken((bytes) => bytes.writeUInt32BE(0xffffffff, 16))).to.be.false
  })
})

describe('a header', () => {
  it('carries epochs and offsets above 32 bits', () => {
    const view = new PacketView(encodeHeader(header({currentEpoch: 2 ** 40 + 3, offset: 2 ** 45 + 9}), 0))
    expect([view.currentEpoch, view.offset]).to.deep.equal([2 ** 40 + 3, 2 ** 45 + 9])
  })

  it('carries an announced address and a primary, and ends texts with a NUL', () => {
    const view = new PacketView(encodeHeader(header({ip: 'x'.repeat(60), primaryId: ID}), 0))
    expect(view.ip).to.equal('x'.repeat(45))
    expect(view.primaryId).to.equal(ID)
  })
})

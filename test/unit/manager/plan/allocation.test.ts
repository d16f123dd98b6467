import {expect} from 'chai'
import {address} from '../../../../src/model/address.js'
import {allocate, slotRanges, type Allocation, type Candidate} from '../../../../src/manager/plan/allocation.js'

/** "1 1 2" makes nodes 1 and 2 on host 1, node 3 on host 2; a node's port is its number, as in redis-cli's transcripts. */
function nodesOn(hosts: string): Candidate[] {
  return hosts
    .split(' ')
    .map((host, index) => ({id: `node ${index + 1}`, address: address(`127.0.0.${host}`, index + 1)}))
}

function masters({primaries}: Allocation<Candidate>): string {
  return primaries.map(({node}) => node.address.port).join(' ')
}

function pairs(placement: Allocation<Candidate>['final']): string {
  return placement.pairings.map(({replica, primary}) => `${replica.address.port}->${primary.address.port}`).join(' ')
}

describe('slot ranges of a new cluster', () => {
  const live: Record<number, number[]> = {
    3: [5460, 10922, 16383],
    4: [4095, 8191, 12287, 16383],
    5: [3276, 6553, 9829, 13106, 16383],
    6: [2730, 5460, 8191, 10922, 13652, 16383],
    7: [2340, 4680, 7021, 9361, 11702, 14042, 16383],
    9: [1819, 3640, 5460, 7281, 9101, 10922, 12742, 14563, 16383],
    11: [1488, 2978, 4467, 5957, 7446, 8936, 10425, 11915, 13404, 14894, 16383],
    13: [1259, 2520, 3780, 5040, 6301, 7561, 8821, 10081, 11342, 12602, 13862, 15123, 16383],
  }
  for (const [count, lastSlots] of Object.entries(live)) {
    it(`are those of redis-cli for ${count} primaries`, () => {
      expect(slotRanges(Number(count)).map(([, last]) => last)).to.deep.equal(lastSlots)
    })
  }

  it('follow one another without a gap, for any number of primaries up to a slot each', () => {
    for (const count of [1, 2, 3, 78, 100, 500, 1000, 7542, 7559, 12_000, 16_383, 16_384]) {
      let next = 0
      for (const [first, last] of slotRanges(count)) {
        expect(first, `${count} primaries`).to.equal(next)
        expect(last).to.be.at.least(first)
        next = last + 1
      }
      expect(next, `${count} primaries`).to.equal(16_384)
    }
  })
})

describe('allocation of a new cluster, as redis-cli does it', () => {
  it('takes primaries from each host in turn and replicas from another host than theirs', () => {
    const allocation = allocate(nodesOn('1 1 2 2 3 3'), 1)
    expect(masters(allocation)).to.equal('1 3 5')
    expect(pairs(allocation.initial)).to.equal('4->1 6->3 2->5')
    expect(allocation.initial.quality).to.equal('perfect')
    expect(allocation.final).to.deep.equal(allocation.initial)
  })

  it('lets a primary share its host with a replica of another', () => {
    const allocation = allocate(nodesOn('1 1 1 2 2 2'), 1)
    expect(masters(allocation)).to.equal('1 4 2')
    expect(pairs(allocation.final)).to.equal('6->1 3->4 5->2')
  })

  it('spreads two replicas of each over the two other hosts', () => {
    const allocation = allocate(nodesOn('1 1 1 2 2 2 3 3 3'), 2)
    expect(masters(allocation)).to.equal('1 4 7')
    expect(pairs(allocation.final)).to.equal('5->1 8->1 3->4 9->4 6->7 2->7')
  })

  it('keeps the order when there is only one host: no placement is better', () => {
    const allocation = allocate(nodesOn('1 1 1 1 1 1'), 1)
    expect(pairs(allocation.initial)).to.equal('5->1 6->2 4->3')
    expect(allocation.final).to.deep.equal(allocation.initial)
    expect(allocation.final.quality).to.equal('replica-with-primary')
  })

  it('gives nodes that are left over as extra replicas', () => {
    const allocation = allocate(nodesOn('1 1 1 1 1 1 1'), 1)
    expect(pairs(allocation.initial)).to.equal('5->1 6->2 7->3 4->1')
    expect(allocation.initial.pairings.map(({extra}) => extra)).to.deep.equal([false, false, false, true])
  })

  it('gives two replicas to each of three on one host', () => {
    const allocation = allocate(nodesOn('1 1 1 1 1 1 1 1 1'), 2)
    expect(pairs(allocation.initial)).to.equal('5->1 6->1 7->2 8->2 9->3 4->3')
  })

  it('leaves over what one more replica for each primary does not use up', () => {
    const allocation = allocate(nodesOn('1 1 1 1 1'), 3)
    expect(masters(allocation)).to.equal('1')
    expect(pairs(allocation.final)).to.equal('3->1 4->1 5->1 2->1')
    expect(allocation.unused).to.deep.equal([])
    const three = allocate(nodesOn('1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1'), 5)
    expect(three.primaries).to.have.length(3)
    expect(three.unused).to.have.length(2)
  })
})

describe('placement that redis-cli leaves to chance', () => {
  it('is bettered where it can be: no replica stays with its primary', () => {
    // Given: redis-cli spends the one replica on host 3 before it comes to the second primary, which is left with its own host.
    const allocation = allocate(nodesOn('1 2 2 2 3 3'), 1)
    expect(pairs(allocation.initial)).to.equal('6->1 4->2 3->5')
    expect(allocation.initial.violations).to.deep.equal({withPrimary: 1, together: 0})
    expect(pairs(allocation.final)).to.equal('6->2 4->1 3->5')
    expect(allocation.final.quality).to.equal('perfect')
  })

  it('keeps replicas of one primary apart where it can', () => {
    const allocation = allocate(nodesOn('1 1 1 2 2 3 3 4 4'), 2)
    expect(allocation.final.quality).to.equal('perfect')
  })

  it('leaves every primary with as many replicas as before', () => {
    const allocation = allocate(nodesOn('1 2 3 3 1 3 3'), 1)
    const counts = (placement: Allocation<Candidate>['final']): Record<string, number> => {
      const found: Record<string, number> = {}
      for (const {primary} of placement.pairings) found[primary.id] = (found[primary.id] ?? 0) + 1
      return found
    }
    expect(counts(allocation.final)).to.deep.equal(counts(allocation.initial))
  })
})

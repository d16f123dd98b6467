/** The text by which nodes are compared. */
import {expect} from 'chai'
import {parseClusterNodes} from '../../../../src/model/cluster-nodes.js'
import {signaturesAgree, slotsSignature} from '../../../../src/manager/view/signature.js'
import {primaryId, replicaId} from '../../../support/topologies.js'

const A = primaryId(0)
const B = primaryId(1)

function signatureOf(...lines: readonly string[]): string {
  return slotsSignature(parseClusterNodes(lines.join('\n'))!)
}

describe('the configuration signature', () => {
  it('lists each owner with its slot words, sorted as text', () => {
    const signature = signatureOf(
      `${B} 10.0.0.2:7002@17002 master - 0 0 2 connected 100-5000 20`,
      `${A} 10.0.0.1:7001@17001 myself,master - 0 0 1 connected 9 11-12`,
    )
    expect(signature).to.equal(`${A}:11-12,9|${B}:100-5000,20`)
  })

  it('counts neither open slots, epochs and roles nor nodes without slots', () => {
    const plain = signatureOf(`${A} 10.0.0.1:7001@17001 master - 0 0 1 connected 0-16383`)
    const rich = signatureOf(
      `${A} 10.0.0.1:7001@17001 myself,master,fail? - 5 6 9 disconnected 0-16383 [7->-${B}] [8-<-${B}]`,
      `${B} 10.0.0.2:7002@17002 master - 0 0 2 connected`,
      `${replicaId(0)} 10.0.0.3:7003@17003 slave ${A} 0 0 1 connected`,
    )
    expect(rich).to.equal(plain)
  })

  it('agrees with its like; one account always agrees with itself', () => {
    expect(signaturesAgree(['a:1', 'a:1'])).to.equal(true)
    expect(signaturesAgree(['a:1', 'a:1', 'a:2'])).to.equal(false)
    expect(signaturesAgree([''])).to.equal(true)
  })

  it('does not agree when no account knows of any slot', () => {
    expect(signaturesAgree(['', ''])).to.equal(false)
  })
})

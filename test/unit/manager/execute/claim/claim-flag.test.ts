import {expect} from 'chai'
import {claimsIn, formatClaim} from '../../../../../src/manager/execute/claim/claim-flag.js'

const OWNER = {
  id: '9f2c01d8e5a7b634',
  run: '5e1d',
  operation: 'reshard',
  user: 'ops',
  host: 'bastion-2',
  sinceMs: 1_763_692_867_000,
}

const client = (id: number, name: string, idle = 0): string =>
  `id=${id} addr=127.0.0.1:5${id} laddr=127.0.0.1:7000 fd=9 name=${name} age=12 idle=${idle} flags=N db=0 cmd=ping user=default\n`

describe('the flag of a claim', () => {
  it('says who works since when, in one word', () => {
    expect(formatClaim(OWNER, 'held')).to.equal(
      'tscluster|1|held|9f2c01d8e5a7b634|5e1d|reshard|1763692867|ops|bastion-2',
    )
  })

  it('is found among the clients of a node, with what the node knows of its connection', () => {
    const list = client(3, '') + client(4, formatClaim(OWNER, 'claiming'), 7) + client(5, 'worker')
    expect(claimsIn(list)).to.deep.equal([{owner: OWNER, state: 'claiming', clientId: '4', idleMs: 7_000}])
  })

  it('takes any name of a user or a host: client names hold neither spaces nor line ends', () => {
    const odd = {...OWNER, user: 'Jörg | name=x', host: 'a b%'}
    const flag = formatClaim(odd, 'held')
    expect(flag).to.match(/^[!-~]+$/)
    expect(claimsIn(client(1, flag)).map(({owner}) => owner)).to.deep.equal([odd])
  })

  it('cannot steer the terminal on which it is shown', () => {
    const [seen] = claimsIn(client(1, formatClaim({...OWNER, host: '\u001b[2Jhost\n'}, 'held')))
    expect(seen?.owner.host).to.equal('?[2Jhost?')
  })

  it('is understood when a later version says more at its end', () => {
    const [seen] = claimsIn(client(1, `${formatClaim(OWNER, 'held').replace('|1|', '|2|')}|more`))
    expect(seen?.owner).to.deep.equal(OWNER)
  })

  it('is nothing that only looks like one', () => {
    const names = [
      'tscluster',
      'tscluster|',
      'tscluster|1|held',
      'tscluster|1|sleeping|a|b|c|1|d|e',
      'xtscluster|1|held|a|b|c|1|d|e',
    ]
    expect(claimsIn(names.map((name, id) => client(id, name)).join(''))).to.deep.equal([])
  })

  it('is found in a list of 10,000 clients in no time', () => {
    const crowd = Array.from({length: 10_000}, (_, id) => client(id, `worker-${id}`)).join('')
    const list = crowd + client(10_001, formatClaim(OWNER, 'held')) + crowd
    const startedMs = performance.now()
    expect(claimsIn(list)).to.have.lengthOf(1)
    expect(performance.now() - startedMs).to.be.lessThan(200)
  })
})

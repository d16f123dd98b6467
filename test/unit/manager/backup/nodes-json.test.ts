import {expect} from 'chai'
import {nodesJson} from '../../../../src/manager/backup/nodes-json.js'
import {clusterViewOf, importing, migrating, primaryId, replicaId} from '../../../support/topologies.js'

describe('nodes.json', () => {
  it('is what redis-cli writes: the entry first, a single slot in brackets of its own, no newline at the end', () => {
    const view = clusterViewOf({primaries: 2, replicasEach: 1, hosts: 1, slots: ['0-5 7 100-16383', '6']})
    expect(nodesJson(view.nodes.slice(0, 2), 0)).to.equal(
      [
        '[',
        '  {',
        `    "name": "${primaryId(0)}",`,
        '    "host": "10.0.0.1",',
        '    "port": 7001,',
        '    "replicate": null,',
        '    "slots": [[0,5],[7],[100,16383]],',
        '    "slots_count": 16291,',
        '    "flags": "master",',
        '    "current_epoch": 1',
        '  },',
        '  {',
        `    "name": "${primaryId(1)}",`,
        '    "host": "10.0.0.1",',
        '    "port": 7002,',
        '    "replicate": null,',
        '    "slots": [[6]],',
        '    "slots_count": 1,',
        '    "flags": "master",',
        '    "current_epoch": 2',
        '  }',
        ']',
      ].join('\n'),
    )
  })

  it('names the primary of a replica, the number of errors, and slots that are half-way', () => {
    const [first, second] = [primaryId(0), primaryId(1)]
    const view = clusterViewOf(
      {primaries: 2, replicasEach: 1},
      migrating(3, first, second),
      migrating(4, first, second),
      importing(3, second, first),
    )
    const nodes = JSON.parse(nodesJson(view.nodes, 2)) as Record<string, unknown>[]
    expect(nodes[0]).to.deep.include({cluster_errors: 2, migrating: {3: second, 4: second}})
    expect(nodes[0]).to.not.have.property('importing')
    expect(nodes[1]).to.deep.include({importing: {3: first}})
    expect(nodes[2]).to.deep.include({name: replicaId(0), replicate: first, slots: [], flags: 'slave'})
    expect(nodesJson(view.nodes, 2)).to.include(`,\n    "migrating": {"3": "${second}","4": "${second}"}\n  }`)
  })
})

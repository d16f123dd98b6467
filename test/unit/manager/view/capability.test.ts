/** What the manager may expect of a server, by what its INFO says. */
import {expect} from 'chai'
import {FieldLines} from '../../../../src/model/field-lines.js'
import {serverFacts} from '../../../../src/manager/view/server-facts.js'

function abilitiesOf(fields: Readonly<Record<string, string>>): string[] {
  const lines = Object.entries(fields).map(([field, value]) => `${field}:${value}\r\n`)
  return [...serverFacts(new FieldLines(lines.join(''))).capabilities]
}

describe('what a server can do', () => {
  it('moves slots atomically from Valkey 9.0 on, and not as a Redis of whatever version', () => {
    expect(abilitiesOf({redis_version: '7.2.4', valkey_version: '9.0.0'})).to.include('slot-migration-export')
    expect(abilitiesOf({redis_version: '7.2.4', valkey_version: '8.1.3'})).not.to.include('slot-migration-export')
    expect(abilitiesOf({redis_version: '8.4.0'})).not.to.include('slot-migration-export')
  })

  it('is told of tscluster’s engine, too, which is otherwise the Redis that it says it is', () => {
    const engine = abilitiesOf({redis_version: '7.0.15', tscluster_version: '0.1.0'})
    const redis = abilitiesOf({redis_version: '7.0.15'})
    expect(engine).to.have.members([...redis, 'slot-migration-export'])
  })
})

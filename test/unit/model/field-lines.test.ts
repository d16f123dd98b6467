/** INFO and CLUSTER INFO: lines of `key:value`, some of them headings. */
import {expect} from 'chai'
import {FieldLines} from '../../../src/model/field-lines.js'

describe('lines of key:value', () => {
  const info = new FieldLines(
    '# Server\r\nredis_version:7.0.15\r\nos:Linux 6.1 x86_64\r\n\r\n# Keyspace\r\ndb0:keys=12,expires=0\r\n',
  )

  it('give the value of a field: all that stands behind the first colon', () => {
    expect(info.get('redis_version')).to.equal('7.0.15')
    expect(info.get('os')).to.equal('Linux 6.1 x86_64')
    expect(new FieldLines('config_file:C:\\redis.conf').get('config_file')).to.equal('C:\\redis.conf')
  })

  it('have no field whose name is only a part of another one', () => {
    expect(info.get('version')).to.equal(undefined)
    expect(info.get('redis')).to.equal(undefined)
    expect(info.get('# Server')).to.equal(undefined)
  })

  it('give an empty value, which is not the next line', () => {
    expect(new FieldLines('config_file:\r\nio_threads:1').get('config_file')).to.equal('')
  })

  it('are found by their shape', () => {
    const found = [...info.matching(/^db(\d+):keys=(\d+)/gm)].map(([, database, keys]) => [database, keys])
    expect(found).to.deep.equal([['0', '12']])
  })
})

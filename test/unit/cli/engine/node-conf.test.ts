import {expect} from 'chai'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {hostIn, parseSetting, prepareNode, withSettings, type NodeWish} from '../../../../src/cli/engine/node-conf.js'
import {NODE_CONF, StateFolder} from '../../../../src/cli/engine/state-folder.js'
import {ManagerError} from '../../../../src/manager/error.js'

describe('--set', () => {
  it('takes NAME=VALUE, and NAME VALUE as redis.conf has it', () => {
    expect(parseSetting('appendonly=yes')).to.deep.equal(['appendonly', 'yes'])
    expect(parseSetting('Save 3600 1 60 100')).to.deep.equal(['save', '3600 1 60 100'])
    expect(parseSetting('save=')).to.deep.equal(['save', ''])
    expect(parseSetting('requirepass=a=b')).to.deep.equal(['requirepass', 'a=b'])
  })

  for (const wrong of ['appendonly', '=yes', '', 'save 1\nport 7']) {
    it(`refuses ${JSON.stringify(wrong)}`, () => {
      expect(() => parseSetting(wrong)).to.throw(ManagerError, 'NAME=VALUE')
    })
  }

  it('refuses the port, which is the argument', () => {
    expect(() => parseSetting('port=7001')).to.throw(ManagerError, 'arguments')
  })
})

describe('settings in the text of a redis.conf', () => {
  it('take the place of the directive where it stands', () => {
    const text = '# mine\nport 7000\nsave 60 1\n'
    expect(withSettings(text, [['port', '7001']])).to.equal('# mine\nport 7001\nsave 60 1\n')
  })

  it('come last when the directive is not there', () => {
    expect(withSettings('port 7000\n', [['appendonly', 'yes']])).to.equal('port 7000\nappendonly yes\n')
  })

  it('stand once, however often the directive stood there', () => {
    expect(withSettings('save 60 1\nport 7000\nSAVE 1 1\n', [['save', '']])).to.equal('save ""\nport 7000\n')
  })

  it('do not touch a directive that only begins alike', () => {
    expect(withSettings('save-it 1\n', [['save', '9 9']])).to.equal('save-it 1\nsave 9 9\n')
  })
})

describe('the address in a redis.conf', () => {
  it('is the first that it binds to, or this machine', () => {
    expect(hostIn('port 1\nbind 10.0.0.1 ::1\n')).to.equal('10.0.0.1')
    expect(hostIn('bind -::1\n')).to.equal('::1')
    expect(hostIn('bind *\n')).to.equal('127.0.0.1')
    expect(hostIn('')).to.equal('127.0.0.1')
  })
})

describe('the redis.conf of a node', () => {
  let folder: StateFolder

  beforeEach(() => {
    folder = new StateFolder(mkdtempSync(path.join(os.tmpdir(), 'tscluster-conf-')))
  })
  afterEach(() => rmSync(folder.path, {recursive: true}))

  function prepared(wish: Partial<NodeWish> = {}): string[] {
    prepareNode(folder, {host: '127.0.0.1', port: 7000, cluster: true, settings: [], ...wish})
    return readFileSync(folder.nodeFile(7000, NODE_CONF), 'utf8').split('\n')
  }

  it('is written at its first start, in cluster mode', () => {
    expect(prepared()).to.include.members(['port 7000', 'bind 127.0.0.1', 'cluster-enabled yes', 'logfile server.log'])
  })

  it('has nothing of a cluster for a node that stands alone', () => {
    expect(prepared({cluster: false}).filter((line) => line.startsWith('cluster-'))).to.deep.equal([])
  })

  it('keeps what an operator wrote into it, but for what --set names', () => {
    prepared({settings: [['appendonly', 'yes']]})
    const again = prepared({host: '10.0.0.1', settings: [['maxclients', '5']]})
    expect(again).to.include.members(['appendonly yes', 'maxclients 5', 'bind 127.0.0.1'])
  })

  it('begins with the file that --config names, whose lines win over our defaults', () => {
    const lines = prepared({base: 'cluster-node-timeout 100\nbind 127.0.0.9\nlogfile /var/log/x\nport 1\n'})
    expect(lines).to.include.members(['cluster-node-timeout 100', 'bind 127.0.0.9', 'port 7000', 'logfile server.log'])
    expect(lines).not.to.include('bind 127.0.0.1')
  })
})

/** redis.conf and the command line as text. */
import {expect} from 'chai'
import {Config} from '../../../../src/engine/server/config.js'
import {
  configTextOfArguments,
  formatConfigFailure,
  joinConfigTexts,
  loadConfigText,
} from '../../../../src/engine/server/config-file.js'
import {rewriteConfig} from '../../../../src/engine/server/config-rewrite.js'

function load(text: string, ...args: string[]): {config: Config; error: string | undefined} {
  const config = new Config()
  const failure = loadConfigText(config, joinConfigTexts(text, args))
  return {config, error: failure && formatConfigFailure(failure)}
}

describe('redis.conf', () => {
  it('knows comments, quotes, memory units, and adds up lines of save', () => {
    const {config, error} = load('# a node\nPORT 7000\nrequirepass "a b"\nmaxmemory 1mb\nsave 60 1\nsave 10 100\n')
    expect(error).to.equal(undefined)
    expect(config.text('port')).to.equal('7000')
    expect(config.text('requirepass')).to.equal('a b')
    expect(config.text('maxmemory')).to.equal('1048576')
    expect(config.text('save')).to.equal('60 1 10 100')
  })

  it('takes the old names of directives', () => {
    expect(load('slave-read-only no').config.text('replica-read-only')).to.equal('no')
  })

  it('a wrong line ends the start in Redis’ words', () => {
    expect(load('port 7000\n\nfoo bar\n').error).to.equal(
      "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 3\n>>> 'foo bar'\nBad directive or wrong number of arguments\n",
    )
    expect(load('foo "bar').error).to.contain('Unbalanced quotes in configuration line')
    expect(load('port 1 2').error).to.contain('wrong number of arguments')
  })

  it('the command line stands behind the file and wins', () => {
    const {config} = load('port 7000\nappendonly no', '--port', '7001', '--save', '--loglevel', 'verbose')
    expect(config.text('port')).to.equal('7001')
    expect(config.text('save')).to.equal('')
    expect(config.text('loglevel')).to.equal('verbose')
    expect(configTextOfArguments(['--requirepass', 'a "b"'])).to.equal('requirepass "a \\"b\\"" ')
  })

  it('include reads what the caller finds, in its place', () => {
    const config = new Config()
    const failure = loadConfigText(config, 'hz 20\ninclude more.conf\ntimeout 5', {
      readIncluded: () => ['hz 30\ntimeout 9'],
    })
    expect(failure).to.equal(undefined)
    expect([config.text('hz'), config.text('timeout')]).to.deep.equal(['30', '5'])
  })

  it('rename-command takes names one after another', () => {
    const renamed = (text: string): unknown => {
      const config = new Config()
      const failure = loadConfigText(config, text, {hasCommand: (name) => ['get', 'set', 'del'].includes(name)})
      return failure?.error ?? config.renames
    }
    expect(renamed('rename-command GET Hole\nrename-command hole get')).to.deep.equal([
      {from: 'get', to: 'hole'},
      {from: 'hole', to: 'get'},
    ])
    expect(renamed('rename-command get ""\nrename-command set get')).to.have.length(2)
    expect(renamed('rename-command get ""\nrename-command get x')).to.equal('No such command in rename-command')
    expect(renamed('rename-command get set')).to.equal('Target command name already exists')
  })

  it('goes where `dir` says, from that line on', () => {
    const asked: string[] = []
    const config = new Config()
    loadConfigText(config, 'dir sub\ninclude a.conf', {
      enter: (dir) => void asked.push(dir),
      readIncluded: (file) => {
        asked.push(file)
        return []
      },
    })
    expect(asked).to.deep.equal(['sub', 'a.conf'])
  })

  it('passes over what later servers ship, as long as it changes nothing', () => {
    expect(load('set-max-listpack-entries 128\nlocale-collate ""\nlua-replicate-commands yes').error).to.equal(
      undefined,
    )
  })

  it('refuses what the engine lacks instead of passing over it', () => {
    expect(load('loadmodule x.so').error).to.contain('modules are not supported by the tscluster engine')
    expect(load('locale-collate C').error).to.contain("only ''")
    expect(load('maxmemory-policy allkeys-lru').error).to.contain('not supported by the tscluster engine')
    expect(load('user alice on +@all').error).to.contain('ACL rules are not supported')
    expect(load('user default on nopass sanitize-payload ~* &* +@all').error).to.equal(undefined)
    expect(load('replicaof 127.0.0.1 7000\ncluster-enabled yes').error).to.contain(
      'replicaof directive not allowed in cluster mode',
    )
  })
})

describe('CONFIG REWRITE', () => {
  it('keeps comments and order, changes lines in place, and adds the rest at the end', () => {
    const before = '# mine\nport 7000\nsave 60 1\nsave 10 2\n\n# the end\n'
    const {config} = load(before)
    config.change(
      [
        ['save', '5 6'],
        ['maxmemory', '100mb'],
        ['masterauth', 'a"b'],
      ],
      false,
    )
    expect(rewriteConfig(before, config)).to.equal(
      '# mine\nport 7000\nsave 5 6\n\n# the end\n\n# Generated by CONFIG REWRITE\nlatency-tracking-info-percentiles 50 99 99.9\nmaxmemory 100mb\nmasterauth "a\\"b"\nuser default on nopass ~* &* +@all\n',
    )
  })

  it('what it writes reads back the same', () => {
    const config = new Config()
    config.change(
      [
        ['save', ''],
        ['client-output-buffer-limit', 'normal 1mb 2kb 3'],
        ['notify-keyspace-events', 'KEA'],
        ['shutdown-on-sigint', 'nosave now'],
      ],
      false,
    )
    const {config: again, error} = load(rewriteConfig('', config))
    expect(error).to.equal(undefined)
    const told = new Map([...again.all()].map(({directive, value}) => [directive.name, value]))
    for (const {directive, value} of config.all()) expect(told.get(directive.name), directive.name).to.equal(value)
  })

  it('written again it is the same text', () => {
    const {config} = load('timeout 5')
    const once = rewriteConfig('timeout 5', config)
    expect(rewriteConfig(once, config)).to.equal(once)
  })
})

/** Files that are damaged: whatever a real server refuses an engine node refuses, with the same exit code and the same words. */
import {spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {freePort} from '../../support/free-ports.js'
import {type Flavour, serverCommand} from '../../support/installed-servers.js'
import {describeOnServers} from '../../support/real-servers.js'

type Files = Readonly<Record<string, string>>

const FOLDER = 'appendonlydir'
const MANIFEST = `${FOLDER}/appendonly.aof.manifest`
const INCREMENT = `${FOLDER}/appendonly.aof.1.incr.aof`
const ONE_LINE = 'file appendonly.aof.1.incr.aof seq 1 type i\n'
const HEAD = 'REDIS0010\xfe\x00\xfb\x01\x00'
const KEY = '\x00\x01k\x01v'
const NO_CHECKSUM = '\xff\0\0\0\0\0\0\0\0'
const SELECT = '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n'
const SET = '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n'

/** The words that both must have in their log. */
const CASES: readonly {
  readonly title: string
  readonly files: Files
  readonly words: string
  readonly config?: string[]
}[] = [
  {title: 'an RDB file that ends too early', files: {'dump.rdb': HEAD + KEY}, words: 'Short read or OOM loading DB'},
  {title: 'an empty RDB file', files: {'dump.rdb': ''}, words: 'Short read or OOM loading DB'},
  {
    title: 'an RDB file with a wrong checksum',
    files: {'dump.rdb': `${HEAD}${KEY}\xff\xbf\xc6\x84\xba\xad\x6c\xa1\x04`},
    words: 'Wrong RDB checksum expected: (3a16cadba84c6bf) but got (4a16cadba84c6bf). Aborting now.',
  },
  {
    title: 'what is no RDB file',
    files: {'dump.rdb': 'NOTREDISxxxxxx'},
    words: 'Wrong signature trying to load DB from file',
  },
  {
    title: 'an RDB file of the future',
    files: {'dump.rdb': 'REDIS0099xxxxx'},
    words: "Can't handle RDB format version 99",
  },
  {title: 'an unknown type', files: {'dump.rdb': `${HEAD}\xc8\x01kx`}, words: 'Unknown RDB encoding type 200'},
  {
    title: 'a database that the server does not have',
    files: {'dump.rdb': `REDIS0010\xfe\x40\x63${KEY}${NO_CHECKSUM}`},
    words: 'FATAL: Data file was created with a Redis server configured to handle more than 16 databases. Exiting',
  },
  {title: 'an empty manifest', files: {[MANIFEST]: ''}, words: 'Found an empty AOF manifest'},
  {
    title: 'a manifest that names a file which is not there',
    files: {[MANIFEST]: ONE_LINE},
    words: 'Unable to obtain the AOF file appendonly.aof.1.incr.aof length. stat: No such file or directory',
  },
  {
    title: 'an AOF with garbage in it',
    files: {[MANIFEST]: ONE_LINE, [INCREMENT]: `${SELECT}garbage\r\n`},
    words: 'Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your AOF file',
  },
  {
    title: 'an AOF with an unknown command',
    files: {[MANIFEST]: ONE_LINE, [INCREMENT]: '*1\r\n$5\r\nHELLA\r\n'},
    words: "Unknown command 'HELLA' reading the append only file appendonly.aof.1.incr.aof",
  },
  {
    title: 'an AOF cut off inside a command, with aof-load-truncated no',
    files: {[MANIFEST]: ONE_LINE, [INCREMENT]: `${SELECT}${SET}`.slice(0, -4)},
    config: ['--aof-load-truncated', 'no'],
    words: 'Unexpected end of file reading the append only file appendonly.aof.1.incr.aof. You can: 1) Make a backup',
  },
  {
    title: 'an AOF cut off in a file that is not the last',
    files: {
      [MANIFEST]: `${ONE_LINE}file appendonly.aof.2.incr.aof seq 2 type i\n`,
      [INCREMENT]: `${SELECT}${SET}`.slice(0, -4),
      [`${FOLDER}/appendonly.aof.2.incr.aof`]: SELECT,
    },
    words: 'Fatal error: the truncated file is not the last file',
  },
]

async function startOn(
  flavour: Flavour,
  files: Files,
  config: readonly string[],
): Promise<{code: number; log: string}> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tscluster-refused-'))
  try {
    if (Object.keys(files).some((name) => name.startsWith(FOLDER))) mkdirSync(path.join(directory, FOLDER))
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text, 'latin1')
    const appendonly = MANIFEST in files ? ['--appendonly', 'yes'] : []
    const port = String(await freePort())
    const options = [
      '--port',
      port,
      '--dir',
      directory,
      '--logfile',
      path.join(directory, 'log'),
      ...appendonly,
      ...config,
    ]
    const [program, ...args] = [...serverCommand(flavour), ...options]
    const child = spawn(program!, args, {stdio: 'ignore', timeout: 20_000, killSignal: 'SIGKILL'})
    const code = await new Promise<number>((resolve) => child.once('exit', (status) => resolve(status ?? -1)))
    return {code, log: readFileSync(path.join(directory, 'log'), 'latin1')}
  } finally {
    rmSync(directory, {recursive: true, force: true})
  }
}

describeOnServers('damaged files keep a server from starting', ['redis-7.0'], () => {
  for (const {title, files, words, config = []} of CASES) {
    it(title, async () => {
      const [ours, theirs] = await Promise.all([startOn('engine', files, config), startOn('redis-7.0', files, config)])
      expect(theirs.log).to.contain(words)
      expect(ours.log).to.contain(words)
      expect([ours.code, theirs.code]).to.deep.equal([1, 1])
    })
  }
})

import {mkdirSync, mkdtempSync, copyFileSync, rmSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {readTlsMaterial, TlsError} from '../../../../src/engine/host/tls-material.js'
import {Config} from '../../../../src/engine/server/config.js'
import {TLS_FILES} from '../../../support/tls-files.js'

describe('the certificates of a node', () => {
  let directory: string

  before(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'tscluster-tls-'))
  })
  after(() => rmSync(directory, {recursive: true}))

  const read = (settings: Readonly<Record<string, string>>): ReturnType<typeof readTlsMaterial> =>
    readTlsMaterial(new Config(Object.entries(settings)), directory)
  const usual = {
    'tls-port': '1',
    'tls-cert-file': TLS_FILES.serverCert,
    'tls-key-file': TLS_FILES.serverKey,
    'tls-ca-cert-file': TLS_FILES.ca,
  }

  for (const [title, settings, words] of [
    ['no certificate', {}, 'No tls-cert-file configured!'],
    ['no key', {'tls-cert-file': 'x'}, 'No tls-key-file configured!'],
    [
      'nobody who vouches for clients',
      {...usual, 'tls-ca-cert-file': ''},
      'Either tls-ca-cert-file or tls-ca-cert-dir must',
    ],
    [
      'a certificate that is missing',
      {...usual, 'tls-cert-file': '/nope'},
      'Failed to load certificate: /nope: error:80000002:system library::No such file or directory',
    ],
    ['a key of another certificate', {...usual, 'tls-key-file': TLS_FILES.clientKey}, 'Failed to load private key'],
    ['a protocol that is none', {...usual, 'tls-protocols': 'SSLv3'}, 'Invalid tls-protocols specified.'],
    ['a cipher that is none', {...usual, 'tls-ciphers': 'bogus'}, 'Failed to configure ciphers: bogus'],
    ['a suite that is none', {...usual, 'tls-ciphersuites': 'bogus'}, 'Failed to configure ciphersuites: bogus'],
  ] as const) {
    it(`are refused as Redis refuses them: ${title}`, () => {
      expect(() => read(settings)).to.throw(TlsError, words)
    })
  }

  it('need no authority where clients show none', () => {
    const {clientAuth, server} = read({...usual, 'tls-ca-cert-file': '', 'tls-auth-clients': 'no'})
    expect(clientAuth).to.equal('no')
    expect(server.ca).to.deep.equal([])
  })

  it('may have their authorities in a folder, relative to that of the node', () => {
    mkdirSync(path.join(directory, 'ca'))
    copyFileSync(TLS_FILES.ca, path.join(directory, 'ca', 'a.crt'))
    writeFileSync(path.join(directory, 'ca', 'README'), 'no certificate')
    expect(read({...usual, 'tls-ca-cert-file': '', 'tls-ca-cert-dir': 'ca'}).server.ca).to.have.length(1)
  })

  it('show another identity to other nodes, where there is one', () => {
    const own = {'tls-client-cert-file': TLS_FILES.clientCert, 'tls-client-key-file': TLS_FILES.clientKey}
    const {client, server} = read({...usual, ...own})
    expect(client.cert).not.to.deep.equal(server.cert)
  })

  it('go with the protocols and ciphers that are named', () => {
    const {server} = read({
      ...usual,
      'tls-protocols': 'tlsv1.3 TLSv1.2',
      'tls-ciphers': 'ECDHE-RSA-AES256-GCM-SHA384',
      'tls-ciphersuites': 'TLS_AES_128_GCM_SHA256',
      'tls-prefer-server-ciphers': 'yes',
    })
    expect(server).to.include({
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES256-GCM-SHA384',
      honorCipherOrder: true,
    })
  })
})

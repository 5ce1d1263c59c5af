import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseResolvConf, readResolvConf } from './resolv-conf.ts'

test('name servers and options are read, comments and other lines are not', () => {
  const text = `# made by hand
; nameserver 192.0.2.99
domain example.com
search a.example b.example
nameserver 192.0.2.53
nameserver\t2001:db8::53
options ndots:2 timeout:3 edns0
options attempts:4 trust-ad
`
  assert.deepEqual(parseResolvConf(text), {
    servers: [
      { address: '192.0.2.53', port: 53 },
      { address: '2001:db8::53', port: 53 },
    ],
    timeoutMs: 3000,
    attempts: 4,
    trustAd: true,
  })
})

test('without a usable name server the one on this machine is taken', () => {
  for (const text of ['', 'nameserver', 'nameserver ns.example', 'nameserver 1.2.3']) {
    assert.deepEqual(parseResolvConf(text), {
      servers: [{ address: '127.0.0.1', port: 53 }],
      trustAd: false,
    })
  }
})

test('three name servers at most, and a link-local one keeps its interface', () => {
  const text = ['fe80::1%eth0', '192.0.2.1', '192.0.2.2', '192.0.2.3']
    .map((address) => `nameserver ${address}`)
    .join('\n')
  assert.deepEqual(
    parseResolvConf(text).servers.map(({ address }) => address),
    ['fe80::1%eth0', '192.0.2.1', '192.0.2.2'],
  )
})

test('numbers out of range are cut or passed over', () => {
  assert.equal(parseResolvConf('options timeout:9999').timeoutMs, 30_000)
  assert.equal(parseResolvConf('options attempts:9').attempts, 5)
  for (const word of ['timeout:', 'timeout:x', 'timeout:0', 'timeout:-1']) {
    assert.equal(parseResolvConf(`options ${word}`).timeoutMs, undefined)
  }
})

test('no text makes it throw or leave us without a server', () => {
  fc.assert(
    fc.property(fc.string(), (text) => parseResolvConf(text).servers.length > 0),
    { numRuns: 300 },
  )
})

test('a file that is not there names no server', async () => {
  const conf = await readResolvConf('/nonexistent/resolv.conf')
  assert.deepEqual(conf.servers, [{ address: '127.0.0.1', port: 53 }])
})

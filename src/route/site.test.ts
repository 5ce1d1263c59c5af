import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { routeTo } from './route.ts'
import { hostOfServer, serverName, siteOf } from './site.ts'

const resolver = new MemoryResolver({
  'one.example': { MX: ['10 mx1.host.example', '20 mx2.host.example'] },
  'two.example': { MX: ['5 MX2.host.example', '5 mx1.host.example'] },
  'other.example': { MX: ['10 mx1.host.example'] },
  'odd.example': { MX: ['10 mx1.host.example', '20 192.0.2.1'] },
  'mx1.host.example': { A: ['192.0.2.1'] },
  'mx2.host.example': { A: ['192.0.2.2'] },
  'alone.example': { A: ['192.0.2.3'] },
  'none.example': { MX: ['0 .'] },
})

async function siteFor(destination: string): Promise<string> {
  const self = { selfNames: [], selfAddresses: [], loopbackIsSelf: true }
  return siteOf(await routeTo(destination, resolver, { ...self, random: () => 0 }), destination)
}

test('domains with the same mail servers are one site, whatever the order', async () => {
  const both = 'mx1.host.example mx2.host.example'
  assert.deepEqual([await siteFor('one.example'), await siteFor('two.example')], [both, both])
})

test('another set of servers is another site; what is no name does not count', async () => {
  assert.equal(await siteFor('other.example'), 'mx1.host.example')
  assert.equal(await siteFor('odd.example'), 'mx1.host.example')
})

test('without MX records, or as a literal, a destination is its own server', async () => {
  assert.equal(await siteFor('alone.example'), 'alone.example')
  assert.equal(await siteFor('[192.0.2.9]'), '[192.0.2.9]')
})

test('a destination that nothing leads to is a site of its own', async () => {
  assert.equal(await siteFor('none.example'), 'none.example')
  assert.equal(await siteFor('missing.example'), 'missing.example')
})

const servers: readonly (readonly [host: string, 'smtp' | 'lmtp', port: number, name: string])[] = [
  ['mx.host.example', 'smtp', 25, 'mx.host.example'],
  ['2001:db8::1', 'smtp', 25, '2001:db8::1'],
  ['127.0.0.1', 'smtp', 2626, '127.0.0.1:2626'],
  ['127.0.0.1', 'lmtp', 2626, 'lmtp:127.0.0.1:2626'],
  ['127.0.0.1', 'lmtp', 25, 'lmtp:127.0.0.1:25'],
  ['::1', 'smtp', 587, '[::1]:587'],
  ['/run/dovecot/lmtp', 'lmtp', 0, 'lmtp:/run/dovecot/lmtp'],
]

for (const [host, protocol, port, name] of servers) {
  test(`${name} is one server of its host, and another one than its neighbours`, () => {
    assert.equal(serverName(host, { protocol, port }), name)
    assert.equal(hostOfServer(name), host)
  })
}

test('programs that listen on one host are sites of their own', async () => {
  const self = { selfNames: [], selfAddresses: [], loopbackIsSelf: true }
  const route = await routeTo('other.example', resolver, { ...self, random: () => 0 })
  const at = (protocol: 'smtp' | 'lmtp', port: number): string => {
    return siteOf(route, 'other.example', { protocol, port })
  }
  assert.equal(at('smtp', 25), siteOf(route, 'other.example'))
  assert.equal(new Set([at('smtp', 25), at('smtp', 587), at('lmtp', 587)]).size, 3)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNetwork } from '../base/ip.ts'
import { plainNetwork } from '../base/ip-ranges.ts'
import { trustIn, type TrustedNetworks } from './trust.ts'

function trusted(...texts: readonly string[]): TrustedNetworks {
  const networks = texts.map((text) => {
    const network = parseNetwork(text)
    assert.ok(network !== undefined)
    return { text, network: plainNetwork(network) }
  })
  return { networks, anySender: false }
}

const cases: readonly (readonly [networks: string, client: string, network: string | undefined])[] =
  [
    ['192.168.1.20', '192.168.1.20', '192.168.1.20'],
    ['192.168.1.20/32', '192.168.1.21', undefined],
    ['192.168.1.0/24 10.0.0.0/8', '10.255.0.1', '10.0.0.0/8'],
    ['192.168.1.0/24', '::ffff:192.168.1.7', '192.168.1.0/24'],
    ['::ffff:192.168.1.0/120', '192.168.1.7', '::ffff:192.168.1.0/120'],
    ['::ffff:192.168.1.0/120', '192.168.2.7', undefined],
    ['fd00::/8', 'fd12::1', 'fd00::/8'],
    ['fd00::/8', 'fe80::1', undefined],
    ['fd00::/8', '10.0.0.1', undefined],
    ['::1', '127.0.0.1', undefined],
    ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', 'localhost', undefined],
    ['127.0.0.1', '', undefined],
  ]
for (const [networks, client, network] of cases) {
  test(`${client || 'nobody'} with ${networks}: ${network ?? 'a stranger'}`, () => {
    const found = trustIn(trusted(...networks.split(' ')), client)
    assert.equal(found?.network, network)
    if (network !== undefined) assert.equal(found?.name, `network ${network}`)
  })
}

test('without networks nobody is trusted', () => {
  assert.equal(trustIn(undefined, '127.0.0.1'), undefined)
  assert.equal(trustIn(trusted(), '127.0.0.1'), undefined)
})

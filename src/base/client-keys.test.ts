import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientKeys } from './client-keys.ts'

test('a client is counted by its address and by its network, /24 or /64', () => {
  const table: readonly (readonly [ip: string, address: string, network: string])[] = [
    ['192.0.2.77', '192.0.2.77', '192.0.2.0/24'],
    ['192.0.3.77', '192.0.3.77', '192.0.3.0/24'],
    // A listener on `::` sees IPv4 clients so.
    ['::ffff:192.0.2.77', '192.0.2.77', '192.0.2.0/24'],
    ['::FFFF:c000:24d', '192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8::1', '2001:db8::1', '2001:db8::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['::1', '::1', '::/64'],
    ['fe80::1%eth0', 'fe80::1', 'fe80::/64'],
    ['', 'unknown', 'unknown'],
    ['not an address', 'unknown', 'unknown'],
  ]
  for (const [ip, address, network] of table) {
    const keys = clientKeys(ip)
    assert.deepEqual([keys.address, keys.network], [address, network])
  }
})

test('a network of IPv6 lies in a /48, one of IPv4 in nothing wider', () => {
  for (const [ip, site] of [
    ['192.0.2.77', undefined],
    ['::ffff:192.0.2.77', undefined],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8:1:ffff::1', '2001:db8:1::/48'],
    ['2001:db8:2::1', '2001:db8:2::/48'],
    ['', undefined],
  ]) {
    assert.equal(clientKeys(ip ?? '').site, site)
  }
})

import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type IpAddress,
  clientKeys,
  formatIp,
  inNetwork,
  parseIp,
  reverseName,
  unmapIp,
} from './ip.ts'

function ip(text: string): IpAddress {
  const read = parseIp(text)
  assert.ok(read !== undefined, text)
  return read
}

test('addresses are read, and written in one form', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ]
  for (const [text, canonical] of forms) assert.equal(formatIp(ip(text)), canonical, text)
})

test('text that other readers guess at is refused', () => {
  const wrong = [
    '',
    '1.2',
    '1.2.3',
    '1.2.3.4.5',
    '010.0.0.1',
    '0x7f.0.0.1',
    '256.0.0.1',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.-4',
    '2130706433',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '[::1]',
    '::1.2.3',
    '::01.2.3.4',
    '::256.1.1.1',
    '1.2.3.4::',
    'localhost',
  ]
  for (const text of wrong) assert.equal(parseIp(text), undefined, text)
})

test('an address with a dotted tail is the one it says, mapped or not', () => {
  assert.deepEqual(ip('::ffff:192.0.2.1').octets.slice(10), [255, 255, 192, 0, 2, 1])
  assert.deepEqual(ip('::192.0.2.1').octets.slice(10), [0, 0, 192, 0, 2, 1])
  assert.deepEqual(ip('64:ff9b::192.0.2.33'), ip('64:ff9b::c000:221'))
})

test('Node and we agree on which text is an address, the zone index aside', () => {
  const piece = fc.constantFrom(
    '',
    '0',
    '1',
    'ff',
    'db8',
    '2001',
    '00001',
    'g',
    '1.2.3.4',
    '01.2.3.4',
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 9 }),
      fc.constantFrom(':', '.', '::'),
      (parts, between) => {
        const text = parts.join(between)
        assert.equal(parseIp(text)?.family ?? 0, isIP(text), text)
      },
    ),
    { numRuns: 2000 },
  )
})

test('every address is read back from what is written', () => {
  const octets = (length: number): fc.Arbitrary<number[]> =>
    fc.array(fc.constantFrom(0, 0, 1, 15, 255), { minLength: length, maxLength: length })
  fc.assert(
    fc.property(octets(16), octets(4), (six, four) => {
      assert.deepEqual(parseIp(formatIp({ family: 6, octets: six })), { family: 6, octets: six })
      assert.deepEqual(parseIp(formatIp({ family: 4, octets: four })), { family: 4, octets: four })
    }),
  )
})

test('a mapped address is unmapped, every other stays', () => {
  assert.equal(formatIp(unmapIp(ip('::ffff:192.0.2.1'))), '192.0.2.1')
  assert.equal(formatIp(unmapIp(ip('::192.0.2.1'))), formatIp(ip('::192.0.2.1')))
  assert.deepEqual(unmapIp(ip('192.0.2.1')), ip('192.0.2.1'))
  // Each octet of the prefix counts: one that differs makes it another address.
  for (const other of [
    '2001:db8::ffff:1',
    '::ff:192.0.2.1',
    '::ff00:192.0.2.1',
    '::1:ffff:c000:201',
  ])
    assert.deepEqual(unmapIp(ip(other)), ip(other), other)
})

test('a network matches by its first bits and never across families', () => {
  const cases: readonly (readonly [string, string, number, boolean])[] = [
    ['192.0.2.77', '192.0.2.0', 24, true],
    ['192.0.3.77', '192.0.2.0', 24, false],
    ['192.0.3.77', '192.0.2.0', 23, true],
    ['192.0.2.129', '192.0.2.128', 25, true],
    ['192.0.2.127', '192.0.2.128', 25, false],
    ['192.0.2.1', '192.0.2.1', 32, true],
    ['192.0.2.0', '192.0.2.1', 32, false],
    ['203.0.113.9', '192.0.2.1', 0, true],
    ['2001:db8:8000::1', '2001:db8:8000::', 33, true],
    ['2001:db8:7fff::1', '2001:db8:8000::', 33, false],
    ['2001:db8::1', '2001:db8::1', 128, true],
    ['192.0.2.1', '::', 0, false],
    ['::1', '0.0.0.0', 0, false],
  ]
  for (const [address, network, bits, wanted] of cases) {
    assert.equal(inNetwork(ip(address), ip(network), bits), wanted, `${address} ${network}/${bits}`)
  }
})

test('the reverse name is that of RFC 1035 §3.5 and RFC 3596 §2.5', () => {
  assert.equal(reverseName(ip('192.0.2.1')), '1.2.0.192.in-addr.arpa')
  assert.equal(
    reverseName(ip('4321:0:1:2:3:4:567:89ab')),
    'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa',
  )
})

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

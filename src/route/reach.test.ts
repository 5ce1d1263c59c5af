import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIp } from '../base/ip.ts'
import { makeReachCheck } from './reach.ts'

function forbidden(text: string, allowed: readonly string[] = []): string | undefined {
  const ip = parseIp(text)
  assert.ok(ip !== undefined, text)
  return makeReachCheck(allowed).forbidden(ip)
}

const refused: readonly (readonly [string, string])[] = [
  ['0.0.0.0', 'this host itself'],
  ['0.255.255.255', 'this host itself'],
  ['10.0.0.0', 'a private address'],
  ['10.255.255.255', 'a private address'],
  ['100.64.0.0', 'an address within a provider'],
  ['100.127.255.255', 'an address within a provider'],
  ['127.0.0.1', 'a loopback address'],
  ['127.255.255.255', 'a loopback address'],
  ['169.254.169.254', 'a link-local address'],
  ['172.16.0.0', 'a private address'],
  ['172.31.255.255', 'a private address'],
  ['192.168.0.0', 'a private address'],
  ['192.168.255.255', 'a private address'],
  ['224.0.0.1', 'a multicast address'],
  ['239.255.255.255', 'a multicast address'],
  ['240.0.0.0', 'a reserved address'],
  ['255.255.255.255', 'a reserved address'],
  ['::', 'a loopback address'],
  ['::1', 'a loopback address'],
  ['fc00::1', 'a unique-local address'],
  ['fdff::1', 'a unique-local address'],
  ['fe80::1', 'a link-local address'],
  ['febf::1', 'a link-local address'],
  ['fec0::1', 'a site-local address'],
  ['ff02::1', 'a multicast address'],
  ['64:ff9b:1::1', 'an address of a local translator'],
  ['::ffff:127.0.0.1', 'a loopback address'],
  ['::ffff:10.1.2.3', 'a private address'],
  ['::127.0.0.1', 'a loopback address (127.0.0.1) in an address of IPv4-compatible'],
  ['::ffff:0:127.0.0.1', 'a loopback address (127.0.0.1) in an address of IPv4-translated'],
  ['64:ff9b::7f00:1', 'a loopback address (127.0.0.1) in an address of NAT64'],
  ['64:ff9b::a00:1', 'a private address (10.0.0.1) in an address of NAT64'],
  ['2002:7f00:1::1', 'a loopback address (127.0.0.1) in an address of 6to4'],
  ['2002:c0a8:1::', 'a private address (192.168.0.1) in an address of 6to4'],
  ['2002:0:0::', 'this host itself (0.0.0.0) in an address of 6to4'],
  ['2001:0:7f00:1::', 'a loopback address (127.0.0.1) in an address of Teredo'],
  ['2001:0:c000:201::80ff:fffe', 'a loopback address (127.0.0.1) in an address of Teredo'],
  ['2001:db8::5efe:7f00:1', 'a loopback address (127.0.0.1) in an address of ISATAP'],
  ['2001:db8::200:5efe:a00:1', 'a private address (10.0.0.1) in an address of ISATAP'],
]

test('what is not of the internet is refused, however it is written', () => {
  for (const [text, what] of refused) assert.equal(forbidden(text), what, text)
})

test('the addresses beside those networks may be reached, and test networks too', () => {
  for (const text of [
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.18.0.1',
    '198.19.255.255',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '223.255.255.255',
    '2001:db8::1',
    '2606:4700::1',
    '64:ff9b::102:304',
    '2002:102:304::1',
    '2001:0:102:304::fefe:fefe',
    // None of these is an interface identifier of RFC 5214 §6.1.
    '2001:db8::7f00:1',
    '2001:db8::200:0:7f00:1',
    '2001:db8::5eff:7f00:1',
    '2001:db8::100:5efe:7f00:1',
    '2001:db8::201:5efe:7f00:1',
  ]) {
    assert.equal(forbidden(text), undefined, text)
  }
})

test('what is an IPv4 address is not read as the disguise of another', () => {
  const words = (text: string): string => forbidden(text) ?? ''
  assert.equal(words('10.1.2.3'), 'a private address')
  assert.equal(words('::ffff:10.1.2.3'), 'a private address')
  assert.match(words('64:ff9b::a01:203'), /^a private address \(10\.1\.2\.3\) in an address of /)
})

test('a network that the settings allow may be reached, in every disguise, and no other', () => {
  const allowed = ['10.1.0.0/16', 'fd00::/8', 'no network']
  assert.equal(forbidden('10.1.2.3', allowed), undefined)
  assert.equal(forbidden('::ffff:10.1.2.3', allowed), undefined)
  assert.equal(forbidden('64:ff9b::a01:203', allowed), undefined)
  assert.equal(forbidden('fd12::1', allowed), undefined)
  assert.equal(forbidden('10.2.0.1', allowed), 'a private address')
  assert.equal(forbidden('fc00::1', allowed), 'a unique-local address')
  assert.equal(forbidden('fe80::1', ['fe80::/10']), undefined)
})

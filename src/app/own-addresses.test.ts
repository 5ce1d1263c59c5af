import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type InterfaceAddress, ownAddresses } from './own-addresses.ts'

const interfaces: readonly InterfaceAddress[] = [
  { address: '127.0.0.1', family: 'IPv4' },
  { address: '::1', family: 'IPv6' },
  { address: '192.0.2.5', family: 'IPv4' },
  { address: '2001:db8::5', family: 'IPv6' },
]

const own = (address: string, own_addresses: string[] = []): readonly string[] =>
  ownAddresses({ address, own_addresses }, interfaces)

test('who listens everywhere is known under the addresses of the interfaces', () => {
  assert.deepEqual(own('0.0.0.0'), ['0.0.0.0', '192.0.2.5'])
  assert.deepEqual(own('::'), ['::', '192.0.2.5', '2001:db8::5'])
  assert.deepEqual(own('::ffff:0.0.0.0'), ['0.0.0.0', '192.0.2.5', '2001:db8::5'])
})

test('who listens on one address is known under that one', () => {
  assert.deepEqual(own('192.0.2.7'), ['192.0.2.7'])
})

test('addresses of a NAT are known as well, each once and in one form', () => {
  const nat = ['198.51.100.1', '2001:DB8::0005', '::ffff:192.0.2.5']
  assert.deepEqual(own('::', nat), ['::', '192.0.2.5', '2001:db8::5', '198.51.100.1'])
})

test('a public address of the loopback interface is ours, its own addresses are told elsewhere', () => {
  const anycast = [...interfaces, { address: '198.51.100.53', family: 'IPv4' }]
  const found = ownAddresses({ address: '::', own_addresses: [] }, anycast)
  assert.deepEqual(found, ['::', '192.0.2.5', '2001:db8::5', '198.51.100.53'])
})

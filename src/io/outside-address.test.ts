import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOutside, secureWebPlace } from './outside-address.ts'

const outside = ['8.8.8.8', '100.63.255.255', '100.128.0.1', '172.32.0.1', '2606:4700::1111']
const inside = [
  '127.0.0.1',
  '127.8.9.10',
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '100.127.255.255',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '192.0.2.1',
  '198.19.255.255',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fc00::1',
  'fd12::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  '64:ff9b::8.8.8.8',
  '64:ff9b:1::10.0.0.1',
  '2002:7f00:1::1',
  '2002:808:808::1',
  '2001::1',
  '2001:db8::1',
  '3fff:fff::1',
]
const none = [
  '',
  'localhost',
  '010.0.0.1',
  '0x7f.1',
  '127.1',
  '2130706433',
  'fe80::1%eth0',
  '8.8.8.8 ',
]

test('only addresses of the internet are outside', () => {
  for (const address of outside) assert.equal(isOutside(address), true, address)
  for (const address of [...inside, ...none]) assert.equal(isOutside(address), false, address)
})

test('port 443 of the internet is called, and of what is allowed', () => {
  const place = secureWebPlace(['10.1.0.0/16', 'nothing'])
  for (const host of ['8.8.8.8', '2606:4700::1111', '10.1.2.3']) {
    assert.deepEqual(place(host), { host, port: 443 })
  }
  assert.equal(place('10.2.0.1'), 'a private address')
  assert.equal(place('127.0.0.1'), 'a loopback address')
  assert.equal(place('192.0.2.1'), 'no address of the internet')
  assert.equal(place('mail.example.com'), 'no address')
})

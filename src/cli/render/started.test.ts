import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startedText } from './started.ts'

test('a server says whose mail it takes, where it keeps it, and what is wrong with its files', () => {
  const server = {
    hostname: 'mx.south.example',
    domains: ['south.example', 'north.example'],
    ports: { smtp: 25, submission: 587, submissions: 465 },
    data: '/var/lib/waybill',
    problems: [{ key: 'tls.certificate', problem: '"c.pem" was good until yesterday' }],
  }
  const lines = [
    'mx.south.example takes mail for south.example, north.example',
    '  port 25 from other servers, 587 and 465 from your users',
    '  mail, records and keys in /var/lib/waybill',
    '  but tls.certificate: "c.pem" was good until yesterday',
    '  DNS records to publish: waybill config dns --config <file>',
  ]
  assert.equal(startedText(server), lines.join('\n'))
  const good = lines.filter((line) => !line.startsWith('  but '))
  assert.equal(startedText({ ...server, problems: [] }), good.join('\n'))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startedText } from './started.ts'

test('a server says whose mail it takes, where it keeps it, and what is wrong with its files', () => {
  const server = {
    hostname: 'mx.south.example',
    domains: ['south.example', 'north.example'],
    ports: { smtp: 25, submission: 587, submissions: 465, http: 8025 },
    isSeen: true,
    token: { token: 'wb_live_secret', file: '/var/lib/waybill/http-token', isNew: false },
    data: '/var/lib/waybill',
    problems: [{ key: 'tls.certificate', problem: '"c.pem" was good until yesterday' }],
  }
  const lines = [
    'mx.south.example takes mail for south.example, north.example',
    '  port 25 from other servers, 587 and 465 from your users',
    '  mail, records and keys in /var/lib/waybill',
    '  page and API at http://localhost:8025, its key in /var/lib/waybill/http-token',
    '  but tls.certificate: "c.pem" was good until yesterday',
    '  DNS records to publish: waybill config dns --config <file>',
  ]
  assert.equal(startedText(server), lines.join('\n'))
  const good = lines.filter((line) => !line.startsWith('  but '))
  assert.equal(startedText({ ...server, problems: [] }), good.join('\n'))
})

test('a key that is new is shown once, and in no log; where there is no page, nothing of it', () => {
  const server = {
    hostname: 'mx.south.example',
    domains: ['south.example'],
    ports: { smtp: 25, submission: 587, submissions: 465 },
    isSeen: true,
    token: { token: 'wb_live_secret', file: '/var/lib/waybill/http-token', isNew: true },
    data: '/var/lib/waybill',
    problems: [],
  }
  assert.doesNotMatch(startedText(server), /page|wb_live/)
  const shown = startedText({ ...server, ports: { ...server.ports, http: 8025 } }).split('\n')
  assert.deepEqual(shown.slice(3, 6), [
    '  page and API at http://localhost:8025',
    '  the key for it, shown this once: wb_live_secret',
    '  and kept in /var/lib/waybill/http-token',
  ])
  const inLog = startedText({ ...server, isSeen: false, ports: { ...server.ports, http: 8025 } })
  assert.equal(
    inLog.split('\n')[3],
    '  page and API at http://localhost:8025, its key in /var/lib/waybill/http-token',
  )
})

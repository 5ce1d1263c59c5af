import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerStatus } from '../../desk/status.ts'
import { serverText, statusJson, storeText, troubleText } from './status.ts'

const at = Date.UTC(2026, 10, 27, 2, 30, 45)
const gib = 1024 ** 3

const status: ServerStatus = {
  version: '0.3.0',
  process: 7,
  hostname: 'mx.south.example',
  startedAt: at,
  listeners: [
    { name: 'smtp', address: '0.0.0.0', port: 25, connections: 3, most: 2000 },
    { name: 'submissions', address: '::', port: 465, connections: 0, most: 2000 },
  ],
  underWay: 2,
  down: [
    { destination: 'now.example', because: 'silence', failures: 1 },
    { destination: 'slow.example', because: 'refused', failures: 4, until: at },
  ],
  moreDown: 1200,
  limits: [{ name: 'limits.errors', times: 17, lastAt: at, said: 'too many', ours: false }],
  faults: [{ name: 'retention', times: 1, lastAt: at, said: '', ours: true }],
  certificateUntil: at,
  waiting: 1,
  held: 0,
  messages: 1234,
  journeys: 5678,
  disk: { size: 40 * gib, free: 12.25 * gib },
  backup: { at, to: '/backup/1' },
}
const time = '2026-11-27 02:30:45Z'

test('a running server in lines, one for each thing', () => {
  assert.deepEqual(serverText(status).split('\n'), [
    `Waybill 0.3.0  mx.south.example  since ${time}  process 7`,
    '  Ports   0.0.0.0:25  smtp  3 of 2,000 connections',
    '          [::]:465  submissions  0 of 2,000 connections',
    '  Queue   mail for 1 recipient waits, 0 held; 2 have their turn',
    '  Down    now.example  being tried, in vain 1 time: silence',
    `          slow.example  again ${time}, in vain 4 times: refused`,
    '          and 1,200 more',
    `  Limits  limits.errors  17 times, last ${time}: too many`,
    `  Faults  retention  1 time, last ${time}`,
    '  DNS     no silence so far',
    `  TLS     until ${time}`,
    '  Store   1,234 messages, 5,678 journeys',
    '  Disk    12.3 GiB of 40.0 GiB free',
    `  Backup  ${time} to /backup/1`,
  ])
})

test('what there is nothing of has no line', () => {
  const { backup: _, certificateUntil: __, ...rest } = status
  const quiet = { ...rest, down: [], moreDown: 0, limits: [], faults: [], dnsDownSince: at }
  const lines = serverText(quiet).split('\n')
  const names = lines.slice(1).map((line) => line.slice(2, 9).trim())
  assert.deepEqual(names, ['Ports', '', 'Queue', 'DNS', 'Store', 'Disk', 'Backup'])
  assert.ok(lines.includes(`  DNS     silent since ${time}`))
  assert.equal(lines.at(-1), '  Backup  none is known')
})

test('an account that is held has a line, with the command that ends it', () => {
  const why = 'sent 1,240 in the last hour; usually at most 40'
  const heldAccounts = [
    { account: 'ann@south.example', by: 'waybill', why, since: at },
    { account: 'user www-data', by: 'ann', why: '', since: at },
  ]
  const lines = serverText({ ...status, heldAccounts }).split('\n')
  const first = lines.findIndex((line) => line.startsWith('  Held'))
  assert.deepEqual(lines.slice(first, first + 2), [
    `  Held    ann@south.example  by waybill since ${time}: ${why}; waybill account release ann@south.example`,
    `          user www-data  by ann since ${time}; waybill account release 'user www-data'`,
  ])
  assert.ok(storeText({ ...status, heldAccounts }, '/data').includes("release 'user www-data'"))
})

test('without a server the store speaks', () => {
  const waiting = { ...status, waiting: 2, messages: 1, disk: { size: 1023, free: 0 } }
  assert.deepEqual(storeText(waiting, '/data').split('\n'), [
    '/data',
    '  Queue   mail for 2 recipients waits, 0 held',
    '  Store   1 message, 5,678 journeys',
    '  Disk    0 B of 1023 B free',
    `  Backup  ${time} to /backup/1`,
  ])
})

test('for programs: all of it, times as text, and null for what is not', () => {
  const trouble = { what: 'disk', sentence: 'It is full.', hint: 'Make room.' } as const
  assert.equal(troubleText(trouble), '! It is full.\n  Make room.')
  const { backup: _, ...rest } = status
  const json = JSON.stringify(statusJson(rest, [trouble]))
  const told: unknown = JSON.parse(json)
  assert.ok(typeof told === 'object' && told !== null)
  const read = Object.fromEntries(Object.entries(told))
  const iso = '2026-11-27T02:30:45.000Z'
  assert.deepEqual([read['running'], read['well'], read['troubles']], [true, false, [trouble]])
  assert.deepEqual(
    [read['started_at'], read['certificate_until'], read['dns_down_since'], read['backup']],
    [iso, iso, null, null],
  )
  assert.deepEqual(read['down'], [
    { destination: 'now.example', because: 'silence', failures: 1, next_attempt_at: null },
    { destination: 'slow.example', because: 'refused', failures: 4, next_attempt_at: iso },
  ])
  assert.deepEqual([read['under_way'], read['more_down']], [2, 1200])
  const limit = { name: 'limits.errors', times: 17, last_at: iso, said: 'too many', ours: false }
  assert.deepEqual(read['limits'], [limit])
})

test('policies and reports of TLS have a line and a word each after their first round', () => {
  const endsFirst = { domain: 'b.example', until: at, why: 'It is cut.' }
  const mtaSts = { at, kept: 1200, refreshed: 3, failed: 2, why: 'a.example: Nobody.', endsFirst }
  const tlsReports = { at, sent: 4, nowhere: 1, later: 2 }
  const lines = serverText({ ...status, mtaSts, tlsReports }).split('\n')
  assert.deepEqual(
    lines.filter((line) => /MTA-STS|Reports/.test(line)),
    [
      `  MTA-STS 1,200 policies kept; ${time}: 3 fetched again, 2 failed; a.example: Nobody.`,
      `  Reports of TLS, ${time}: 4 sent, 1 given up, 2 tried again`,
    ],
  )
  const iso = '2026-11-27T02:30:45.000Z'
  const words = (of: ServerStatus): unknown => {
    const told = statusJson(of, [])
    assert.ok(typeof told === 'object' && told !== null)
    const { mta_sts, tls_reports }: Partial<Record<string, unknown>> = { ...told }
    return { mta_sts, tls_reports }
  }
  const { endsFirst: _, ...rest } = mtaSts
  assert.deepEqual(words({ ...status, mtaSts, tlsReports }), {
    mta_sts: { ...rest, at: iso, ends_first: { ...endsFirst, until: iso } },
    tls_reports: { ...tlsReports, at: iso },
  })
  assert.deepEqual(words({ ...status, mtaSts: { at, kept: 1, refreshed: 0, failed: 0 } }), {
    mta_sts: { at: iso, kept: 1, refreshed: 0, failed: 0, why: null, ends_first: null },
    tls_reports: null,
  })
  assert.deepEqual(words(status), { mta_sts: null, tls_reports: null })
})

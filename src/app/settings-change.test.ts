import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import { compareSettings, withChanges } from './settings-change.ts'

function settingsOf(text: string): Settings {
  const read = parseConfig(text)
  assert.ok(read.type === 'settings', JSON.stringify(read))
  return read.settings
}

const before = settingsOf(
  'hostname = "a.example"\ndomains = ["a.example"]\n[tls]\ncertificate = "c"\nkey = "k"\n',
)
const after = settingsOf(
  `hostname = "b.example"
   domains = ["a.example", "b.example"]
   data = "elsewhere"
   [listen]
   smtp = 2525
   [limits]
   recipients = 100
   [tls]
   authorities = ["ca.pem"]
   [receive]
   allow = ["c.example"]
   [queue]
   connections = 3
   [dkim]
   selector = "new"
   [log]
   format = "json"
   [reports]
   failure = true
   [[account]]
   address = "you@a.example"
   [[alias]]
   address = "we@a.example"
   to = ["you@a.example"]`,
)

test('what differs is named by its key: what can change, and what takes a new start', () => {
  const { changed, unchanged } = compareSettings(before, after)
  assert.deepEqual(changed.toSorted(), [
    'account',
    'alias',
    'dkim.selector',
    'domains',
    'limits.recipients',
    'log.format',
    'receive.allow',
    'tls.certificate',
    'tls.key',
  ])
  assert.deepEqual(unchanged.toSorted(), [
    'data',
    'hostname',
    'listen.smtp',
    'queue.connections',
    'reports.failure',
    'tls.authorities',
  ])
  assert.deepEqual(compareSettings(after, after), { changed: [], unchanged: [] })
})

test('what can change is new, what cannot is as it was', () => {
  const next = withChanges(before, after)
  assert.deepEqual(compareSettings(next, after), {
    changed: [],
    unchanged: compareSettings(before, after).unchanged,
  })
  assert.deepEqual(compareSettings(before, next).unchanged, [])
})

import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseConfig } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import { testFolder } from '../store/test-folder.ts'
import { readWays, SettingsWays } from './named-ways.ts'

function settingsWith(routes: string): Settings {
  const read = parseConfig(`hostname = "mx.south.example"\ndomains = ["south.example"]\n${routes}`)
  assert.ok(read.type === 'settings', JSON.stringify(read))
  return read.settings
}

test('each form of a server has its port, its protocol and its TLS', () => {
  const ways = new SettingsWays(
    readWays(
      settingsWith(`
        [[route]]
        domains = ["a.example"]
        via = "smtp://relay.example:587"
        [[route]]
        domains = ["b.example"]
        via = "smtps://relay.example"
        tls = "verified"
        [[route]]
        domains = ["c.example"]
        via = "lmtp:/run/lmtp"
        [[route]]
        domains = ["*"]
        via = "lmtp://[::1]"
        tls = "required"`),
    ),
  )
  const short = (destination: string): string => {
    const { protocol, port, tls, need } = ways.to(destination)?.way ?? assert.fail()
    return [protocol, port, tls, need].join(' ')
  }
  assert.equal(short('a.example'), 'smtp 587 starttls opportunistic')
  assert.equal(short('b.example'), 'smtp 465 implicit verified')
  assert.equal(short('c.example'), 'lmtp 0 none opportunistic')
  assert.equal(short('other.example'), 'lmtp 24 starttls required')
  assert.equal(ways.to('a.example')?.hop.host, 'relay.example')
})

test('destinations that get no BDAT, by name or by pattern', () => {
  const ways = new SettingsWays([], ['a.example', '*.b.example'])
  const without = ['a.example', 'x.b.example', 'b.example', 'x.a.example'].filter((one) =>
    ways.withoutChunking(one),
  )
  assert.deepEqual(without, ['a.example', 'x.b.example'])
})

test('a login brings its password out of its file, and wants a verified certificate', (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const path = join(folder, 'password')
  writeFileSync(path, 'first\n', { mode: 0o600 })
  const settings = settingsWith(
    `[[route]]\ndomains = ["*"]\nvia = "smtp://relay.example:587"\nusername = "u"\npassword_file = "${path}"`,
  )
  const ways = new SettingsWays(readWays(settings))
  assert.deepEqual(ways.to('x.example')?.way, {
    protocol: 'smtp',
    port: 587,
    tls: 'starttls',
    need: 'verified',
    login: { username: 'u', password: 'first', authorizationId: '', allowClearText: false },
  })
  assert.equal(ways.replace(readWays(settings)), false)
  writeFileSync(path, 'second\n')
  assert.equal(ways.replace(readWays(settings)), true)
  assert.equal(ways.to('x.example')?.way.login?.password, 'second')
  chmodSync(path, 0o644)
  assert.throws(() => readWays(settings), {
    code: 'config-invalid',
    message: /route\[0\].*chmod 600/,
  })
})

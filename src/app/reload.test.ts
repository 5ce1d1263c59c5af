import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { connect } from 'node:tls'
import { leadOf } from '../directory/directory.ts'
import { silent } from '../base/log.ts'
import { isAnswered } from '../control/connect.ts'
import { controlSocketPath } from '../control/socket-place.ts'
import { parseConfig } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import { issueCertificate, type KeyedCertificate, makeAuthority } from '../io/certificates.ts'
import { hashPassword } from '../io/password.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { Act } from '../store/ports/acts.ts'
import { testFolder } from '../store/test-folder.ts'
import { openServer } from './open-server.ts'
import type { RunningServer } from './running-server.ts'
import { forTest, testsOf } from './test-support/both-ways.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'

const test = testsOf('reload')

const hash = await hashPassword('letmein')

function settingsOf(text: string): Settings {
  const listen = '[listen]\naddress = "127.0.0.1"\n[dns]\nservers = ["127.0.0.1:1"]\n'
  const read = parseConfig(`hostname = "mx.south.example"\n${text}\n${listen}`)
  assert.ok(read.type === 'settings', JSON.stringify(read))
  return read.settings
}

function account(address: string): string {
  return `[[account]]\naddress = "${address}"\npassword_hash = "${hash}"\n`
}

/** What the audit of a server's data tells. */
async function actsIn(folder: string): Promise<readonly Act[]> {
  const store = await openSqliteStore({ folder })
  try {
    return await store.acts.list({ limit: 10 })
  } finally {
    await store.close()
  }
}

async function openWith(t: TestContext, settings: Settings): Promise<RunningServer> {
  const { folder, remove } = testFolder()
  const server = await openServer({
    settings: forTest({ ...settings, data: folder }),
    autoPorts: true,
    log: silent,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    broken: (problem) => assert.fail(String(problem)),
  })
  t.after(async () => {
    await server.close()
    remove()
  })
  return server
}

const before = settingsOf(`domains = ["south.example"]\n${account('ann@south.example')}`)
const after = settingsOf(
  `domains = ["south.example", "Bücher.example"]
   [limits]
   recipients = 100
   message_bytes = 100000
   ${account('bob@south.example')}
   ${account('kim@bücher.example')}
   [[alias]]
   address = "team@south.example"
   to = ["bob@south.example", "kim@bücher.example"]`,
)

test('settings that are read again hold at once: accounts, aliases, domains, keys and limits', async (t) => {
  const server = await openWith(t, before)
  const talk = await SmtpTalk.greeted(server.ports.smtp)
  await talk.say('MAIL FROM:<x@north.example>', 250)
  await talk.say('RCPT TO:<ann@south.example>', 250)
  await talk.say('RCPT TO:<team@south.example>', 550)
  await talk.say('RCPT TO:<kim@xn--bcher-kva.example>', 550)
  const user = await SmtpTalk.greeted(server.ports.submissions, { tls: true })
  await user.login('ann@south.example', 'letmein', 235)
  assert.deepEqual(await server.directory.signingKeys('xn--bcher-kva.example'), [])

  await server.reload(after)
  await talk.say('RCPT TO:<ann@south.example>', 550)
  await talk.say('RCPT TO:<team@south.example>', 250)
  await talk.say('RCPT TO:<kim@xn--bcher-kva.example>', 250)
  const own = server.directory
  assert.deepEqual(
    (await own.signingKeys('xn--bcher-kva.example')).map(({ domain, selector }) => [
      domain,
      selector,
    ]),
    [
      ['xn--bcher-kva.example', 'wb1'],
      ['xn--bcher-kva.example', 'wb1-ed'],
    ],
  )
  assert.equal((await own.signingKeys('south.example')).length, 2)
  const team = await leadOf(own, 'team@south.example')
  assert.ok(team.type === 'mailbox')
  assert.deepEqual(
    team.accounts.map(({ address }) => address),
    ['bob@south.example', 'kim@xn--bcher-kva.example'],
  )
  // Who is no account any more sends no more, logged in or not.
  await user.say('MAIL FROM:<ann@south.example>', 421)
  const again = await SmtpTalk.greeted(server.ports.submissions, { tls: true })
  await again.login('ann@south.example', 'letmein', 535)
  await again.login('kim@bücher.example', 'letmein', 235)
  await again.say('MAIL FROM:<kim@xn--bcher-kva.example>', 250)
  const fresh = await SmtpTalk.open(server.ports.smtp)
  await fresh.read(220)
  assert.ok((await fresh.say('EHLO client.example', 250)).lines.includes('SIZE 100000'))
})

test('a session holds for the password that it was begun with, on a thread of its own too', async (t) => {
  for (const threads of [1, 2]) {
    const head = `domains = ["south.example"]\n[limits]\nthreads = ${threads}\n`
    const server = await openWith(t, settingsOf(`${head}${account('ann@south.example')}`))
    const user = await SmtpTalk.greeted(server.ports.submissions, { tls: true })
    await user.login('ann@south.example', 'letmein', 235)
    await server.reload(
      settingsOf(`${head}${account('ann@south.example')}\n${account('bob@south.example')}`),
    )
    await user.say('MAIL FROM:<ann@south.example>', 250)
    await user.say('RSET', 250)
    const other = await hashPassword('other')
    await server.reload(settingsOf(`${head}${account('ann@south.example').replace(hash, other)}`))
    const { text } = await user.say('MAIL FROM:<ann@south.example>', 421)
    assert.match(text, /its password was changed; please log in again\./)
    await assert.rejects(user.read(), /closed/)
    const again = await SmtpTalk.greeted(server.ports.submissions, { tls: true })
    await again.login('ann@south.example', 'letmein', 535)
    await again.login('ann@south.example', 'other', 235)
    await again.say('MAIL FROM:<ann@south.example>', 250)
    again.destroy()
  }
})

test('how much one client may use, and how many connections there are, is read again', async (t) => {
  const server = await openWith(t, before)
  const limits = (text: string): Settings => {
    const head = 'domains = ["south.example"]\n[limits]\n'
    return settingsOf(`${head}${text}\n${account('ann@south.example')}`)
  }
  const first = await SmtpTalk.greeted(server.ports.smtp)
  await server.reload(limits('connections_per_address = 2'))
  const second = await SmtpTalk.greeted(server.ports.smtp)
  await (await SmtpTalk.open(server.ports.smtp)).read(421)
  await server.reload(limits('connections = 3\nconnections_per_address = 50'))
  // Of three places one address has one: half, rounded down.
  await (await SmtpTalk.open(server.ports.smtp)).read(421)
  await server.reload(limits('connections = 2000'))
  const third = await SmtpTalk.greeted(server.ports.smtp)
  for (const talk of [first, second, third]) talk.destroy()
})

test('letters are signed with the algorithms of the settings, and with none where they say none', async (t) => {
  const settings = (algorithms: string): Settings => {
    const head = `domains = ["south.example"]\n[dkim]\nalgorithms = ${algorithms}`
    return settingsOf(`${head}\n${account('ann@south.example')}`)
  }
  const server = await openWith(t, settings('["rsa"]'))
  const selectors = async (): Promise<readonly string[]> => {
    const keys = await server.directory.signingKeys('south.example')
    return keys.map(({ selector }) => selector)
  }
  assert.deepEqual(await selectors(), ['wb1'])
  await server.reload(settings('["ed25519"]'))
  assert.deepEqual(await selectors(), ['wb1-ed'])
  await server.reload(settings('[]'))
  assert.deepEqual(await selectors(), [])
  await server.reload(settings('["rsa", "ed25519"]'))
  assert.deepEqual(await selectors(), ['wb1', 'wb1-ed'])
})

test('accounts and domains of the store live here beside those of the settings, with keys', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  const made = { passwordHash: undefined, createdAt: 0, origin: 'store' } as const
  await store.accounts.putDomain({ name: 'store.example', createdAt: 0 })
  await store.accounts.putAccount({ ...made, address: 'kim@store.example' })
  await store.accounts.putAccount({ ...made, address: 'team@south.example' })
  await store.close()
  const told: string[] = []
  const server = await openServer({
    settings: forTest({ ...before, data: folder }),
    autoPorts: true,
    log: ({ fields }) => void told.push(JSON.stringify(fields)),
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    broken: (problem) => assert.fail(String(problem)),
  })
  t.after(() => server.close())
  const leads = async (address: string): Promise<unknown> => {
    const lead = await leadOf(server.directory, address)
    return lead.type === 'mailbox' ? lead.accounts.map((account) => account.address) : lead.type
  }
  assert.deepEqual(await leads('team@south.example'), ['team@south.example'])
  assert.equal(told.length, 0)
  // Now the settings have an alias of this name.
  await server.reload(after)
  assert.deepEqual(await leads('team@south.example'), [
    'bob@south.example',
    'kim@xn--bcher-kva.example',
  ])
  assert.equal(told.filter((line) => line.includes('team@south.example')).length, 1)
  assert.deepEqual(await leads('kim@store.example'), ['kim@store.example'])
  assert.equal((await server.directory.signingKeys('store.example')).length, 2)
})

test('an alias of the store that leads to nobody by new settings is told, once for each reading', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  const to = ['ann@south.example']
  await store.accounts.putAlias({ address: 'all@south.example', to, send: false, createdAt: 0 })
  await store.close()
  const told: unknown[] = []
  const server = await openServer({
    settings: { ...before, data: folder },
    autoPorts: true,
    log: ({ level, event, fields }) => void told.push([level, event, fields['why']]),
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    broken: (problem) => assert.fail(String(problem)),
  })
  t.after(() => server.close())
  assert.deepEqual(told, [])
  await server.reload({ ...after, data: folder })
  const why = '"all@south.example" leads to "ann@south.example", which is no account and no alias'
  assert.deepEqual(told, [['warning', 'store', why]])
})

async function certificate(): Promise<KeyedCertificate> {
  const validity = { notBefore: new Date(Date.UTC(2020, 0)), notAfter: new Date(Date.UTC(2099, 0)) }
  return issueCertificate(await makeAuthority('CA', validity), ['mx.south.example'], validity)
}

/** The serial number of the certificate that a client is shown. */
async function shown(server: RunningServer): Promise<string> {
  const options = { host: '127.0.0.1', rejectUnauthorized: false, servername: 'mx.south.example' }
  const socket = connect({ port: server.ports.submissions, ...options })
  await once(socket, 'secureConnect')
  const { serialNumber } = socket.getPeerX509Certificate() ?? { serialNumber: '' }
  socket.destroy()
  return serialNumber
}

test('a certificate that cannot be used changes nothing, and a good one is shown at once', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const tls = { ...before.tls, certificate: join(folder, 'c.pem'), key: join(folder, 'k.pem') }
  const write = (chain: string, key: string): void => {
    writeFileSync(tls.certificate, chain)
    writeFileSync(tls.key, key)
  }
  const [first, second] = [await certificate(), await certificate()]
  const serial = (of: KeyedCertificate): string => new X509Certificate(of.certificate).serialNumber
  write(first.certificate, first.privateKey)
  const server = await openWith(t, { ...before, tls })
  assert.equal(await shown(server), serial(first))
  for (const [chain, key] of [
    [second.certificate, first.privateKey],
    ['no certificate', second.privateKey],
    [second.certificate, ''],
  ] as const) {
    write(chain, key)
    await assert.rejects(server.reload({ ...after, tls }))
    assert.equal(await shown(server), serial(first))
    const talk = await SmtpTalk.greeted(server.ports.smtp)
    await talk.say('MAIL FROM:<x@north.example>', 250)
    // Neither did what stands beside it in the file.
    await talk.say('RCPT TO:<ann@south.example>', 250)
    await talk.say('RCPT TO:<bob@south.example>', 550)
    await talk.quit()
  }
  write(second.certificate, second.privateKey)
  assert.ok((await server.reload({ ...before, tls })).changed.includes('certificate'))
  assert.equal(await shown(server), serial(second))
})

test('a control socket that somebody removed is there again when the settings are read', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const server = await openServer({
    settings: forTest({ ...before, data: folder }),
    autoPorts: true,
    log: silent,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    broken: (problem) => assert.fail(String(problem)),
  })
  t.after(() => server.close())
  const path = controlSocketPath(folder)
  for (let n = 0; n < 2; n++) {
    rmSync(path)
    assert.equal(await isAnswered(path), false)
    await server.reload(forTest({ ...before, data: folder }))
    assert.equal(await isAnswered(path), true)
  }
})

test('settings that are read again leave an act, with what holds and what does not', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const server = await openServer({
    settings: forTest({ ...before, data: folder }),
    autoPorts: true,
    log: silent,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    broken: (problem) => assert.fail(String(problem)),
  })
  await server.reload(forTest({ ...after, data: folder, hostname: 'other.example' }))
  const unusable = {
    ...after.tls,
    certificate: join(folder, 'no.pem'),
    key: join(folder, 'no.pem'),
  }
  await assert.rejects(server.reload({ ...after, tls: unusable }))
  await server.close()
  const acts = await actsIn(folder)
  assert.deepEqual(
    acts.map(({ who, door, what, why, detail }) => ({ who, door, what, why, detail })),
    [
      {
        who: `user ${process.getuid?.() ?? 'unknown'}`,
        door: 'signal',
        what: 'reload',
        why: '',
        detail: {
          changed: ['domains', 'limits.message_bytes', 'limits.recipients', 'account', 'alias'],
          unchanged: ['hostname'],
        },
      },
    ],
  )
})

test('routes and their passwords are read again; a password that cannot be read changes nothing', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const path = join(folder, 'password')
  const write = (text: string): void => writeFileSync(path, text, { mode: 0o600 })
  write('first')
  const head = `domains = ["south.example"]\n${account('ann@south.example')}`
  const routed = settingsOf(
    `${head}[[route]]\ndomains = ["*"]\nvia = "smtp://relay.example:587"\nusername = "u"\npassword_file = "${path}"\n`,
  )
  const server = await openWith(t, settingsOf(head))
  const reload = async (): Promise<readonly string[]> => (await server.reload(routed)).changed
  assert.deepEqual(await reload(), ['route'])
  assert.deepEqual(await reload(), [])
  write('second')
  assert.deepEqual(await reload(), ['route.password_file'])
  write('')
  await assert.rejects(reload(), { code: 'config-invalid' })
  write('second')
  assert.deepEqual(await reload(), [])
})

test('what other servers must prove, the suppression list and the habits of accounts are read again', async (t) => {
  const base = `domains = ["south.example"]\n${account('ann@south.example')}`
  const server = await openWith(t, settingsOf(base))
  const read = settingsOf(
    `domains = ["south.example"]
     [suppression]
     days = 3
     complaints = false
     [delivery]
     verified_to = ["north.example"]
     [account_rate]
     factor = 7
     [mta_sts]
     enabled = false
     ${account('ann@south.example')}`,
  )
  const { changed, unchanged } = await server.reload(read)
  assert.deepEqual(changed.toSorted(), [
    'account_rate.factor',
    'delivery.verified_to',
    'suppression.complaints',
    'suppression.days',
  ])
  assert.ok(unchanged.includes('mta_sts.enabled'))
  const refused = { address: 'x@north.example', at: 1, journey: 'j1', said: '550 no' }
  assert.equal(server.system.suppressions.complained(refused).length, 0)
})

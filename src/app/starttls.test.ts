import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { ManualClock } from '../base/clock.ts'
import { rsaCertificate } from '../io/test-support/certificates.ts'
import type { ListenerKind } from '../sessions/sessions.ts'
import { testsOf } from './test-support/both-ways.ts'
import { journeyIn, journeysIn } from './test-support/replay-all.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, type TestSite } from './test-support/test-site.ts'
import { northZone, receiver } from './test-support/south.ts'

const test = testsOf('starttls')

const letter = {
  from: 'sender@north.example',
  to: receiver,
  message: 'From: sender@north.example\nSubject: x\n\nHello\n',
}
const zone = { ...northZone, '_dmarc.north.example': { TXT: ['v=DMARC1; p=none'] } }

/** The problem of each handshake that failed, as the journeys have it. */
async function failures({ store }: TestSite): Promise<readonly string[]> {
  return (await journeysIn(store)).flatMap(({ record: { steps } }) => {
    return steps.flatMap((step) => (step.type === 'tls-failed' ? [step.problem] : []))
  })
}

test('sessions with STARTTLS use up no room: there is as much behind many as before', async (t) => {
  const south = await openTestSite(t, { zone, limits: { connections: 2 } })
  for (let n = 0; n < 10; n++) {
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    await talk.startTls()
    await talk.quit()
  }
  const [one, two] = [
    await SmtpTalk.greeted(south.ports.smtp),
    await SmtpTalk.greeted(south.ports.smtp),
  ]
  await one.startTls()
  assert.equal((await one.letter(letter)).code, 250)
  assert.equal((await two.letter(letter)).code, 250)
  one.destroy()
  two.destroy()
})

test('a client that says STARTTLS and leaves has a journey with the reason, and leaves nothing', async (t) => {
  const south = await openTestSite(t, { zone, limits: { connections: 3 } })
  const ways: readonly ((talk: SmtpTalk) => void)[] = [
    (talk) => talk.half(),
    (talk) => talk.reset(),
    (talk) => talk.destroy(),
    (talk) => talk.write('this is no TLS at all\r\n'),
  ]
  for (const leave of [...ways, ...ways]) {
    const before = (await failures(south)).length
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    await talk.say('STARTTLS', 220)
    leave(talk)
    await south.when(async () => ((await failures(south)).length > before ? true : undefined))
  }
  for (const problem of await failures(south)) assert.match(problem, /[a-z]{3,}/)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  assert.equal((await talk.letter(letter)).code, 250)
  talk.destroy()
  // It ends: no session is waited for that is gone.
  await south.close()
})

test('a client that is silent within the handshake of STARTTLS is dropped after 20 seconds', async (t) => {
  const clock = new ManualClock(Date.UTC(2026, 10, 2))
  const south = await openTestSite(t, { zone, clock })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('STARTTLS', 220)
  clock.advance(19_999)
  assert.deepEqual(await failures(south), [])
  clock.advance(1)
  await talk.closed
  await south.when(async () => ((await failures(south)).length > 0 ? true : undefined))
  assert.deepEqual(await failures(south), ['the TLS handshake took too long'])
})

test('a client that leaves within the handshake of 465 has a journey as well', async (t) => {
  const south = await openTestSite(t, { zone })
  const socket = connect({ host: '127.0.0.1', port: south.ports.submissions })
  socket.on('error', () => {})
  socket.end(Buffer.from('160301', 'hex'))
  await south.when(async () => ((await failures(south)).length > 0 ? true : undefined))
  assert.deepEqual(await failures(south), ['the connection ended within the handshake'])
  const [row] = await south.store.journeys.list({ limit: 1 })
  const { envelope, direction } = (await journeyIn(south.store, row?.id ?? '')).record
  assert.deepEqual([envelope.ip, direction], ['127.0.0.1', 'out'])
})

/** Who speaks TLS 1.2 with static RSA and nothing else; resolves with its cipher, or why not. */
async function oldTls(south: TestSite, kind: ListenerKind): Promise<string> {
  const talk = kind === 'submissions' ? undefined : await SmtpTalk.greeted(south.ports[kind])
  await talk?.say('STARTTLS', 220)
  const place =
    talk === undefined ? { host: '127.0.0.1', port: south.ports[kind] } : { socket: talk.take() }
  const old = { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' } as const
  const socket = tlsConnect({ ...place, rejectUnauthorized: false, ...old })
  try {
    return await new Promise((resolve) => {
      socket.once('error', () => resolve('refused'))
      socket.once('secureConnect', () => resolve(socket.getCipher().name))
    })
  } finally {
    socket.destroy()
  }
}

function limitsTold({ logged }: TestSite): readonly string[] {
  return logged.flatMap(({ event, fields }) => {
    return event === 'limit' ? [`${String(fields['limit'])} ${String(fields['listener'])}`] : []
  })
}

test('TLS 1.2 with static RSA is refused on every port, and told', async (t) => {
  const certificate = await rsaCertificate('mx.south.example')
  const south = await openTestSite(t, { zone, certificate })
  const told: string[] = []
  for (const kind of ['smtp', 'submission', 'submissions'] as const) {
    assert.equal(await oldTls(south, kind), 'refused', kind)
    told.push(`tls.static_rsa ${kind}`)
    await south.when(async () =>
      (await failures(south)).length === told.length ? true : undefined,
    )
    assert.deepEqual(limitsTold(south), told)
  }
})

test('static RSA is taken on port 25 where the settings say so, never from users, and told', async (t) => {
  const certificate = await rsaCertificate('mx.south.example')
  const south = await openTestSite(t, { zone, certificate, staticRsa: 'taken' })
  assert.equal(await oldTls(south, 'smtp'), 'AES128-GCM-SHA256')
  assert.equal(await oldTls(south, 'submission'), 'refused')
  assert.equal(await oldTls(south, 'submissions'), 'refused')
  await south.when(async () => ((await failures(south)).length === 2 ? true : undefined))
  assert.ok(limitsTold(south).includes('tls.static_rsa smtp'))
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { connect as tlsConnect } from 'node:tls'
import { silent } from '../base/log.ts'
import { MemoryDirectory } from '../directory/memory-directory.ts'
import { SigningKeys } from '../directory/signing-keys.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { systemClock } from '../io/clock.ts'
import { testCertificate } from '../io/test-support/certificates.ts'
import { newTicketKeys } from '../io/tls-context.ts'
import { Admission } from '../policy/admission.ts'
import { noLimits } from '../policy/admission-limits.ts'
import { Post } from '../post/post.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { LocalSessions } from './local-sessions.ts'
import type { Connection, ListenerKind, SessionSettings } from './sessions.ts'

const receiver = 'ann@south.example'
const origin = { host: 'mx.south.example', mode: 'lab' } as const

async function settings(): Promise<SessionSettings> {
  return {
    origin,
    rules: {
      decision: { trustedForwarders: [], mailingLists: [], allow: [], onTemperror: 'deliver' },
      receivedFields: 100,
      receivedSpf: false,
      addresses: 'lenient',
      queueMs: 1000,
    },
    limits: { messageBytes: 100_000, recipients: 10, errors: 5 },
    certificate: await testCertificate([origin.host]),
    staticRsa: undefined,
    ticketKeys: { strangers: newTicketKeys(), users: newTicketKeys() },
  }
}

interface Opened {
  readonly sessions: LocalSessions
  readonly store: ReturnType<typeof openMemoryStore>
  readonly settings: SessionSettings
  /** A client of one of its ports. What the client hears is gathered. */
  readonly client: (kind: ListenerKind, met?: Connection['met']) => Promise<Client>
}

async function open(t: TestContext): Promise<Opened> {
  const store = openMemoryStore()
  const residents = {
    domains: ['south.example'],
    accounts: [{ address: receiver, aliases: [], passwordHash: undefined }],
  }
  const directory = new MemoryDirectory(residents, new SigningKeys([]))
  let ids = 0
  const post = new Post({
    store: store.post,
    directory,
    origin,
    clock: systemClock,
    newId: () => `id${ids++}`,
    queueMs: () => 1000,
  })
  const needs = {
    directory,
    admission: undefined,
    guard: new Admission({ limits: noLimits, clock: systemClock, log: silent }),
    contents: store.contents,
    post,
    resolver: new MemoryResolver({}),
    clock: systemClock,
    random: () => 0.5,
    judged: () => {},
    log: silent,
    report: (problem: unknown, where: string) => assert.fail(`${where}: ${String(problem)}`),
  }
  const first = await settings()
  const sessions = new LocalSessions(needs, first)
  const client = async (kind: ListenerKind, met?: Connection['met']): Promise<Client> => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      const remote = { ip: '192.0.2.1', port: socket.remotePort ?? 0 }
      sessions.take(socket, { kind, remote, tls: undefined, met })
      server.close()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const bound = server.address()
    const socket = connect(typeof bound === 'object' ? (bound?.port ?? 0) : 0, '127.0.0.1')
    t.after(() => socket.destroy())
    socket.on('error', () => {})
    await once(socket, 'connect')
    return new Client(socket)
  }
  t.after(() => sessions.abort())
  return { sessions, store, settings: first, client }
}

/** A client, and what it has heard. */
class Client {
  readonly socket: Socket
  #heard = ''
  #changed: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    const more = (text: string): void => {
      this.#heard += text
      this.#changed()
    }
    socket.on('data', (chunk: Buffer) => more(chunk.toString()))
    socket.on('close', () => more('(gone)'))
  }

  /** Waits until it hears that, and forgets all before it. */
  async hears(what: string): Promise<void> {
    while (!this.#heard.includes(what)) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
    this.#heard = this.#heard.slice(this.#heard.indexOf(what) + what.length)
  }

  async says(line: string, answer: string): Promise<void> {
    this.socket.write(`${line}\r\n`)
    await this.hears(answer)
  }
}

/** A client that has begun a message. */
async function within(client: Client): Promise<void> {
  await client.hears('220 ')
  await client.says('EHLO x.example', '250 ')
  await client.says('MAIL FROM:<x@north.example>', '250 ')
  await client.says(`RCPT TO:<${receiver}>`, '250 ')
  await client.says('DATA', '354 ')
}

test('a session is counted until it is over; who has used up its share is not heard', async (t) => {
  const { sessions, client } = await open(t)
  const one = await client('smtp')
  await one.hears('220 ')
  assert.equal(sessions.size, 1)
  const met = { limit: 'limits.refused_recipients', of: 'address' } as const
  const two = await client('smtp', met)
  await two.hears('421 ')
  await two.hears('(gone)')
  await one.says('QUIT', '221 ')
  await one.hears('(gone)')
  await sessions.shutdown()
  assert.equal(sessions.size, 0)
})

test('a stop says goodbye to who is idle, waits for a message, and everybody who asked hears of it', async (t) => {
  const { sessions, store, client } = await open(t)
  const idle = await client('smtp')
  await idle.hears('220 ')
  const busy = await client('smtp')
  await within(busy)
  const over: string[] = []
  const all = ['one', 'two'].map((name) => sessions.shutdown().then(() => over.push(name)))
  await idle.hears('421 ')
  // Who comes while the ports close is told so as well.
  const late = await client('smtp')
  await late.hears('421 ')
  assert.equal(over.length, 0)
  await busy.says('Subject: x\r\n\r\nHello\r\n.', '250 ')
  await busy.hears('421 ')
  for (const one of [idle, late, busy]) one.socket.end()
  await Promise.all(all)
  assert.deepEqual(over, ['one', 'two'])
  assert.equal((await store.mailboxes.items({})).length, 1)
  await sessions.shutdown()
})

test('when the time is over who is within a message hears 421, and a stop that may not wait drops all', async (t) => {
  const { sessions, client } = await open(t)
  const polite = await client('smtp')
  await within(polite)
  const over = sessions.shutdown()
  sessions.stop()
  await polite.hears('421 ')
  polite.socket.end()
  await over
  const other = await open(t)
  const rude = await other.client('smtp')
  await within(rude)
  const dropped = other.sessions.shutdown()
  other.sessions.abort()
  await rude.hears('(gone)')
  await dropped
  assert.equal(other.sessions.size, 0)
})

test('a handshake is no session, a stop does not wait for it, and it has its record', async (t) => {
  const { sessions, store, client } = await open(t)
  const silentOne = await client('submissions', 'ask')
  const talking = await client('submissions', 'ask')
  const secure = tlsConnect({ socket: talking.socket, rejectUnauthorized: false })
  await once(secure, 'secureConnect')
  while (sessions.size === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(sessions.size, 1)
  secure.end()
  await sessions.shutdown()
  await silentOne.hears('(gone)')
  const rows = await store.journeys.list({ limit: 9 })
  assert.ok(rows.every(({ status }) => status === 'dropped'))
  assert.ok(rows.length >= 1)
})

test('sessions that begin later go by later settings; a certificate that cannot be used changes nothing', async (t) => {
  const { sessions, settings: first, client } = await open(t)
  await sessions.ready()
  const before = await client('smtp')
  await before.hears('220 ')
  await sessions.use({ ...first, limits: { ...first.limits, messageBytes: 5000 } })
  const after = await client('smtp')
  await after.hears('220 ')
  await after.says('EHLO x.example', 'SIZE 5000')
  await before.says('EHLO x.example', 'SIZE 100000')
  const bad = { ...first.certificate, privateKey: (await settings()).certificate.privateKey }
  assert.throws(() => void sessions.use({ ...first, certificate: bad }), { code: 'key-unusable' })
  const third = await client('smtp')
  await third.hears('220 ')
  await third.says('EHLO x.example', 'SIZE 5000')
  await sessions.close()
})

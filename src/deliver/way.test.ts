import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createSecureContext, TLSSocket } from 'node:tls'
import { decodeBase64, encodeBase64 } from '../base/base64.ts'
import { ManualClock } from '../base/clock.ts'
import { Ending } from '../base/ending.ts'
import { encodeUtf8, octetString } from '../base/octets.ts'
import { seededRandom } from '../base/random.ts'
import { type Dialer, dialTcp } from '../io/dialer.ts'
import { scramProof } from '../io/scram.ts'
import { testAuthority, testCertificate } from '../io/test-support/certificates.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { type Connected, Connector } from './connect.ts'
import { exchangeWay, type Way } from './way.ts'

const host = 'relay.example'
const login = { username: 'u', password: 'secret', authorizationId: '', allowClearText: false }

interface World {
  /** What the server heard, over any connection. */
  readonly heard: string[]
  readonly dialled: unknown[]
  readonly clock: ManualClock
  readonly connect: (
    way: Partial<Way>,
  ) => Promise<{ readonly connected: Connected; readonly steps: string[] }>
}

/** A server that speaks TLS from the start, by STARTTLS, or not at all. */
async function world(
  t: TestContext,
  {
    speaks,
    names = [host],
    target: called = host,
    scram,
    at = { port: 0, host: '127.0.0.1' },
  }: {
    readonly speaks: 'implicit' | 'starttls' | 'clear'
    readonly names?: readonly [string, ...string[]]
    readonly target?: string
    /** Answers the lines of a log-in by SCRAM, which is offered. */
    readonly scram?: (line: string, answer: (said: string) => void) => void
    readonly at?: object
  },
): Promise<World> {
  const { certificate, privateKey } = await testCertificate(names)
  const { certificate: anchor } = await testAuthority()
  const context = createSecureContext({ cert: certificate, key: privateKey })
  const heard: string[] = []
  const auth = `AUTH PLAIN${scram === undefined ? '' : ' SCRAM-SHA-256'}`
  const offers = speaks === 'starttls' ? ['STARTTLS', auth] : [auth]
  const ehlo = [host, ...offers].map(
    (line, i, all) => `250${i + 1 === all.length ? ' ' : '-'}${line}`,
  )
  const talk = (socket: Socket): void => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const line = chunk.toString('latin1').trim()
      heard.push(line)
      if (line === 'STARTTLS') {
        socket.removeAllListeners('data')
        socket.write('220 go on\r\n')
        talk(new TLSSocket(socket, { isServer: true, secureContext: context }))
      } else if (line.startsWith('EHLO')) socket.write(`${ehlo.join('\r\n')}\r\n`)
      else if (line.startsWith('AUTH PLAIN')) socket.write('235 2.7.0 welcome\r\n')
      else if (scram !== undefined) scram(line, (said) => socket.write(`${said}\r\n`))
      else socket.write('250 ok\r\n')
    })
  }
  const listener = createServer((plain) => {
    t.after(() => plain.destroy())
    const socket =
      speaks === 'implicit'
        ? new TLSSocket(plain, { isServer: true, secureContext: context })
        : plain
    plain.on('error', () => {})
    talk(socket)
    socket.write(`220 ${host}\r\n`)
  })
  listener.listen(at)
  await once(listener, 'listening')
  t.after(() => listener.close())
  const place = listener.address()
  const clock = new ManualClock()
  const dialled: unknown[] = []
  const dialer: Dialer = {
    dial: (target) => {
      dialled.push(target)
      return typeof place === 'string'
        ? dialTcp(target.ip, 0, 1000)
        : dialTcp('127.0.0.1', place?.port ?? 0, 1000)
    },
    realPlace: () => undefined,
  }
  const connector = new Connector({
    hostname: 'out.example',
    clock,
    dialer,
    trustAnchors: [anchor],
    random: seededRandom(1),
  })
  return {
    heard,
    dialled,
    clock,
    connect: async (way) => {
      const log = new JourneyBuilder('id', clock)
      const target = {
        host: called,
        address: typeof place === 'string' ? place : '10.0.0.7',
        preference: 0,
        family: typeof place === 'string' ? 'unix' : 4,
        dnssec: 'insecure',
      } as const
      const connected = await connector.connect(target, {
        log,
        ending: new Ending(),
        way: { ...exchangeWay, ...way },
        tls: { state: 'untried' },
      })
      if (connected.type === 'ready') t.after(() => connected.session.breakOff('the test is over'))
      const steps = log.steps.map((step) => {
        if (step.type === 'dial') return `dial ${step.port}`
        if (step.type === 'peer-tls') return step.implicit === true ? 'implicit' : 'starttls'
        return step.type
      })
      return { connected, steps }
    },
  }
}

test('the port of the way is dialled, and TLS begins with the connection where it says so', async (t) => {
  const { connect, dialled, heard } = await world(t, { speaks: 'implicit' })
  const way = { port: 465, tls: 'implicit', need: 'verified', login } as const
  const { connected, steps } = await connect(way)
  assert.equal(connected.type, 'ready')
  assert.deepEqual(steps, ['dial 465', 'implicit'])
  assert.deepEqual(dialled, [{ ip: '10.0.0.7', port: 465, timeoutMs: 30_000 }])
  assert.equal(heard.filter((line) => line.startsWith('AUTH')).length, 1)
})

test('over STARTTLS it logs in behind it, and never before', async (t) => {
  const { connect, heard } = await world(t, { speaks: 'starttls' })
  const { connected, steps } = await connect({ port: 587, need: 'verified', login })
  assert.equal(connected.type, 'ready')
  assert.deepEqual(steps, ['dial 587', 'starttls'])
  const words = heard.map((line) => line.split(' ')[0])
  assert.deepEqual(words, ['EHLO', 'STARTTLS', 'EHLO', 'AUTH'])
})

for (const need of ['required', 'verified'] as const) {
  test(`where TLS is ${need}, a server without it gets neither mail nor password`, async (t) => {
    const { connect, heard } = await world(t, { speaks: 'clear' })
    const { connected } = await connect({ need, login })
    assert.ok(connected.type === 'failed')
    assert.deepEqual([connected.status, connected.permanent], ['4.7.10', false])
    assert.ok(heard.every((line) => !line.startsWith('AUTH')))
  })

  test(`where implicit TLS is ${need}, a server that speaks in clear is given up`, async (t) => {
    const { connect, heard, dialled } = await world(t, { speaks: 'clear' })
    const { connected } = await connect({ need, tls: 'implicit', port: 465, login })
    assert.ok(connected.type === 'failed')
    assert.deepEqual([connected.status, connected.permanent], ['4.7.5', false])
    assert.match(connected.because, /TLS with relay\.example failed: the other side answered/)
    assert.equal(dialled.length, 1)
    assert.ok(heard.every((line) => !/EHLO|AUTH/.test(line)))
  })
}

for (const speaks of ['starttls', 'implicit'] as const) {
  test(`a certificate for another name ends it before anything is said (${speaks})`, async (t) => {
    const { connect, heard } = await world(t, { speaks, names: ['other.example'] })
    const { connected } = await connect({ tls: speaks, need: 'verified', login })
    assert.ok(connected.type === 'failed')
    assert.match(connected.because, /certificate does not hold \(ERR_TLS_CERT_ALTNAME_INVALID\)/)
    assert.deepEqual([connected.status, connected.permanent], ['4.7.5', false])
    assert.ok(heard.every((line) => !line.startsWith('AUTH')))
    // Where nobody asks for its name, TLS is enough.
    assert.equal((await connect({ tls: speaks, need: 'required', login })).connected.type, 'ready')
  })
}

test('a server that is known by its address has it in its certificate', async (t) => {
  for (const [names, type] of [
    [['10.0.0.7'], 'ready'],
    [['10.0.0.8'], 'failed'],
  ] as const) {
    const { connect } = await world(t, { speaks: 'starttls', names, target: '10.0.0.7' })
    assert.equal((await connect({ need: 'verified', login })).connected.type, type)
  }
})

test('a Unix socket is dialled by its path, without asking for TLS', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'lmtp')
  const { connect, dialled, heard } = await world(t, { speaks: 'starttls', at: { path } })
  const { connected, steps } = await connect({ port: 0, tls: 'none' })
  assert.equal(connected.type, 'ready')
  assert.deepEqual(steps, ['dial 0'])
  assert.deepEqual(dialled, [{ ip: path, port: 0, timeoutMs: 30_000 }])
  assert.ok(!heard.includes('STARTTLS'))
})

/** A server that knows this password, as RFC 5802 §3 has it. */
function scramServer(password: string): (line: string, answer: (said: string) => void) => void {
  let bare = ''
  let first = ''
  let signature = ''
  const text = (line: string): string => octetString(decodeBase64(line) ?? new Uint8Array(0))
  const say = (said: string): string => `334 ${encodeBase64(encodeUtf8(said))}`
  return (line, answer) => {
    if (line.startsWith('AUTH ')) {
      bare = text(line.split(' ')[2] ?? '').slice('n,,'.length)
      first = `${bare.slice(bare.indexOf('r='))}server,s=${encodeBase64(encodeUtf8('salt'))},i=4096`
      answer(say(first))
    } else if (line === '') answer('235 2.7.0 welcome')
    else {
      const [withoutProof = '', proof = ''] = text(line).split(',p=')
      const authMessage = `${bare},${first},${withoutProof}`
      const salt = encodeUtf8('salt')
      void scramProof({ hash: 'sha256', password, salt, iterations: 4096, authMessage }).then(
        ({ clientProof, serverSignature }) => {
          signature = encodeBase64(serverSignature)
          answer(encodeBase64(clientProof) === proof ? say(`v=${signature}`) : '535 5.7.8 wrong')
        },
      )
    }
  }
}

test('SCRAM is taken where it is offered, and the password never leaves', async (t) => {
  const given = { speaks: 'starttls', scram: scramServer('secret') } as const
  const { connect, heard } = await world(t, given)
  const { connected } = await connect({ need: 'verified', login })
  assert.equal(connected.type, 'ready')
  assert.ok(heard.some((line) => line.startsWith('AUTH SCRAM-SHA-256 ')))
  const told = heard.map((line) => octetString(decodeBase64(line) ?? new Uint8Array(0))).join()
  assert.ok(!told.includes('secret'))
  const wrong = await world(t, { ...given, scram: scramServer('other') })
  const refused = await wrong.connect({ need: 'verified', login })
  assert.ok(refused.connected.type === 'failed')
  assert.deepEqual([refused.connected.status, refused.connected.permanent], ['4.7.8', false])
  assert.ok(!wrong.heard.some((line) => line.startsWith('AUTH PLAIN')), 'it is not shown then')
})

/** By which mechanisms a server was asked to let us in. */
function asked(heard: readonly string[]): readonly string[] {
  return heard.flatMap((line) => (line.startsWith('AUTH ') ? [line.split(' ')[1] ?? ''] : []))
}

test('who refuses SCRAM itself is shown the password, and for a day not asked for SCRAM', async (t) => {
  const { connect, heard, clock } = await world(t, {
    speaks: 'starttls',
    scram: (_, answer) => answer('535 5.7.8 not with this one'),
  })
  const way = { need: 'verified', login } as const
  const first = await connect(way)
  assert.equal(first.connected.type, 'ready')
  assert.deepEqual(first.steps, ['dial 25', 'starttls', 'peer-login'])
  assert.deepEqual(asked(heard.splice(0)), ['SCRAM-SHA-256', 'PLAIN'])
  assert.deepEqual((await connect(way)).steps, ['dial 25', 'starttls'])
  assert.deepEqual(asked(heard.splice(0)), ['PLAIN'])
  // Somebody else's password may well be kept as SCRAM wants it.
  await connect({ ...way, login: { ...login, username: 'other' } })
  assert.deepEqual(asked(heard.splice(0)), ['SCRAM-SHA-256', 'PLAIN'])
  clock.advance(25 * 3_600_000)
  await connect(way)
  assert.deepEqual(asked(heard.splice(0)), ['SCRAM-SHA-256', 'PLAIN'])
  // What is known does not help where the server need not prove who it is.
  const unproved = await connect({ ...way, need: 'required' })
  assert.equal(unproved.connected.type, 'failed')
  assert.deepEqual(asked(heard), ['SCRAM-SHA-256'])
})

for (const [what, scram] of [
  ['puts us off', (answer) => answer('454 4.7.0 not now')],
  ['asks for what is no SCRAM', (answer) => answer('334 aGVsbG8=')],
  ['says yes without a proof', (answer) => answer('235 2.7.0 welcome')],
  ['refuses us all', (answer) => answer('550 5.7.1 go away')],
] as const satisfies readonly (readonly [string, (answer: (said: string) => void) => void])[]) {
  test(`who ${what} is not shown the password`, async (t) => {
    const { connect, heard } = await world(t, {
      speaks: 'starttls',
      scram: (_, answer) => scram(answer),
    })
    const { connected } = await connect({ need: 'verified', login })
    assert.equal(connected.type, 'failed')
    assert.deepEqual(asked(heard), ['SCRAM-SHA-256'])
    await connect({ need: 'verified', login })
    assert.deepEqual(asked(heard), ['SCRAM-SHA-256', 'SCRAM-SHA-256'], 'nothing was learnt of it')
  })
}

test('who cannot prove that it knows the password is not shown it', async (t) => {
  const right = scramServer('secret')
  const { connect, heard } = await world(t, {
    speaks: 'starttls',
    // Its signature is another one.
    scram: (line, answer) => {
      right(line, (said) => {
        const signed = octetString(decodeBase64(said.slice(4)) ?? new Uint8Array(0))
        answer(signed.startsWith('v=') ? `334 ${encodeBase64(encodeUtf8('v=AAAA'))}` : said)
      })
    },
  })
  const { connected } = await connect({ need: 'verified', login })
  assert.ok(connected.type === 'failed')
  assert.match(connected.because, /does not prove that it knows the password/)
  assert.deepEqual(asked(heard), ['SCRAM-SHA-256'])
})

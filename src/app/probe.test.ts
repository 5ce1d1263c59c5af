/** A probe against a whole server of ours: each stage, each form of TLS, each kind of answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForwardPath, parseReversePath } from '../address/path.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { type Probed, probe } from '../deliver/probe.ts'
import type { ProbeInput, ProbeTls } from '../deliver/probe-input.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { systemClock } from '../io/clock.ts'
import { type Dialer, dialTcp, tcpDialer } from '../io/dialer.ts'
import { tell } from '../journey/catalogue.ts'
import type { ProbedStep, ProbeStage } from '../journey/probed-step.ts'
import { authority, host, password, receiver } from './test-support/south.ts'
import { openTestSite, storedText, type TestSite } from './test-support/test-site.ts'

const loopback = '[127.0.0.1]'

type Wanted = Partial<Omit<ProbeInput, 'recipients' | 'reversePath'>> & {
  readonly from?: string
  readonly rcpt?: readonly string[]
}

function inputOf({ from = 'ann@west.example', rcpt = [receiver], ...more }: Wanted): ProbeInput {
  const reversePath = parseReversePath(`<${from}>`)
  assert.ok(reversePath.ok)
  const recipients = rcpt.map((address) => {
    const path = parseForwardPath(`<${address}>`)
    assert.ok(path.ok)
    return { forwardPath: path.value, notify: null, orcpt: null }
  })
  const text = `From: ${from}\r\nTo: ${rcpt.join(', ')}\r\nSubject: probe\r\n\r\nHello.\r\n.dot\r\n`
  return {
    reversePath: reversePath.value,
    recipients,
    smtpUtf8: false,
    to: { type: 'server', host: loopback },
    port: 25,
    families: 'ipv6-first',
    hostname: 'probe.north.example',
    protocol: 'smtp',
    tls: 'opportunistic',
    auth: undefined,
    stage: 'message',
    letter: { octets: encodeUtf8(text), eightBit: false, utf8Header: false },
    timeoutMs: 20_000,
    ...more,
  }
}

async function run(
  wanted: Wanted,
  world: { dialer?: Dialer; zone?: object; trusts?: boolean } = {},
): Promise<Probed & { step: ProbedStep; said: readonly string[]; sentences: readonly string[] }> {
  const { certificate } = await authority()
  const done = await probe(
    inputOf(wanted),
    {
      resolver: new MemoryResolver(JSON.parse(JSON.stringify(world.zone ?? {}))),
      dialer: world.dialer ?? tcpDialer,
      clock: systemClock,
      random: () => 0.5,
      trustAnchors: world.trusts === false ? [] : [certificate],
    },
    'id',
  )
  const steps = done.log.steps
  const step = steps.findLast((one) => one.type === 'probed')
  const none = { type: 'probed', host: '', ip: '', port: 0, asked: 'connect' } as const
  return {
    ...done,
    step: step ?? {
      ...none,
      result: 'failed',
      answer: undefined,
      problem: 'no step',
      offered: [],
      recipients: [],
      conversation: [],
    },
    said: done.conversation.map(({ from, text }) => `${from === 'client' ? '>' : '<'} ${text}`),
    sentences: steps.flatMap((one) => tell(one).map(({ answer }) => answer)),
  }
}

const commands = (said: readonly string[]): string =>
  said
    .filter((line) => line.startsWith('>'))
    .map((line) => line.slice(2).split(/[ :]/)[0])
    .join(' ')

/** How far each stage goes, and what is said for it. */
const stages: readonly (readonly [ProbeStage, string])[] = [
  ['connect', ''],
  ['banner', 'QUIT'],
  ['ehlo', 'EHLO QUIT'],
  ['starttls', 'EHLO STARTTLS QUIT'],
  ['auth', 'EHLO STARTTLS EHLO QUIT'],
  ['mail', 'EHLO STARTTLS EHLO MAIL RSET QUIT'],
  ['rcpt', 'EHLO STARTTLS EHLO MAIL RCPT RSET QUIT'],
  ['data', 'EHLO STARTTLS EHLO MAIL RCPT DATA'],
  ['message', 'EHLO STARTTLS EHLO MAIL RCPT DATA QUIT'],
]

test('each stage goes as far as it says and no further, and only a whole message arrives', async (t) => {
  const south = await openTestSite(t)
  const arrived = async (): Promise<number> =>
    (await south.store.mailboxes.items({ account: receiver, limit: 10 })).length
  for (const [stage, said] of stages) {
    const done = await run({ stage, port: south.ports.smtp })
    assert.deepEqual([stage, done.type, commands(done.said)], [stage, 'accepted', said])
    assert.equal(done.step.asked, stage)
    assert.equal(await arrived(), stage === 'message' ? 1 : 0, stage)
  }
})

test('what the server says no to is told with its words, for each recipient', async (t) => {
  const south = await openTestSite(t)
  const rcpt = [receiver, 'nobody@south.example', 'someone@elsewhere.example']
  const done = await run({ stage: 'rcpt', rcpt, port: south.ports.smtp })
  assert.equal(done.type, 'failed')
  assert.deepEqual(
    done.step.recipients.map(({ recipient, result, answer }) => [recipient, result, answer?.code]),
    [
      [receiver, 'accepted', 250],
      ['nobody@south.example', 'failed', 550],
      ['someone@elsewhere.example', 'failed', 550],
    ],
  )
  assert.ok(
    done.sentences.some((one) =>
      one.startsWith(
        'Not for nobody@south.example: The server refused the recipient for good. It said: 550',
      ),
    ),
  )
  assert.match(done.sentences.at(-1) ?? '', /^No: The server refused the recipient for good/)
})

const forms: readonly (readonly [
  tls: ProbeTls,
  port: 'smtp' | 'submissions',
  trusts: boolean,
  type: Probed['type'],
  sentence: RegExp,
])[] = [
  ['never', 'smtp', true, 'accepted', /^Yes, \[127\.0\.0\.1\] said yes/],
  ['opportunistic', 'smtp', true, 'accepted', /^Yes: STARTTLS, TLSv1\.3, certificate/],
  ['required', 'smtp', false, 'accepted', /certificate not trusted/],
  [
    'verified',
    'smtp',
    false,
    'deferred',
    /TLS with a certificate that holds was asked for: its certificate does not hold/,
  ],
  ['implicit', 'submissions', true, 'accepted', /^Yes: TLS from the start, TLSv1\.3/],
  ['implicit', 'smtp', true, 'deferred', /TLS could not be started/],
]
for (const [tls, port, trusts, type, sentence] of forms) {
  test(`TLS ${tls} at ${port}, ${trusts ? 'trusted' : 'not trusted'}: ${type}`, async (t) => {
    const south = await openTestSite(t)
    const done = await run({ tls, stage: 'auth', port: south.ports[port] }, { trusts })
    assert.equal(done.type, type)
    assert.ok(
      done.sentences.some((one) => sentence.test(one)),
      done.sentences.join('\n'),
    )
    assert.equal(
      done.log.steps.some((step) => step.type === 'peer-tls'),
      tls !== 'never' && type === 'accepted',
    )
  })
}

test('verified TLS wants the name that was asked for, and shows what the certificate says', async (t) => {
  const south = await openTestSite(t)
  const dialer: Dialer = {
    dial: ({ timeoutMs }) => dialTcp('127.0.0.1', south.ports.smtp, timeoutMs),
    realPlace: () => undefined,
  }
  const zone = { [host]: { A: ['203.0.113.20'] }, 'mx.other.example': { A: ['203.0.113.20'] } }
  const probeOf = (name: string): ReturnType<typeof run> =>
    run({ tls: 'verified', stage: 'ehlo', to: { type: 'server', host: name } }, { dialer, zone })
  const good = await run(
    { tls: 'verified', stage: 'auth', to: { type: 'server', host } },
    { dialer, zone },
  )
  assert.equal(good.type, 'accepted')
  const step = good.log.steps.find((one) => one.type === 'peer-tls')
  assert.ok(step?.type === 'peer-tls')
  assert.ok(step.certificate?.names?.includes(`DNS:${host}`))
  assert.equal((await probeOf('mx.other.example')).type, 'accepted', 'EHLO comes before TLS')
  const wrong = await run(
    { tls: 'verified', stage: 'auth', to: { type: 'server', host: 'mx.other.example' } },
    { dialer, zone },
  )
  assert.equal(wrong.type, 'deferred')
  assert.match(wrong.because, /ERR_TLS_CERT_ALTNAME_INVALID/)
})

test('a domain is looked up as mail of ours is, and a server that is down is passed over', async (t) => {
  const south = await openTestSite(t)
  const zone = {
    'south.example': { MX: ['5 down.south.example', `10 ${host}`] },
    'down.south.example': { A: ['203.0.113.19'] },
    [host]: { A: ['203.0.113.20'] },
    'null.example': { MX: ['0 .'] },
    'dark.example': { error: 'SERVFAIL' },
  }
  const dialer: Dialer = {
    dial: ({ ip, timeoutMs }) =>
      ip === '203.0.113.20'
        ? dialTcp('127.0.0.1', south.ports.smtp, timeoutMs)
        : Promise.resolve({ type: 'failed', reason: 'refused', text: 'connection refused' }),
    realPlace: () => undefined,
  }
  const to = (domain: string): Wanted => ({ stage: 'rcpt', to: { type: 'mx', domain } })
  const good = await run(to('south.example'), { dialer, zone })
  assert.equal(good.type, 'accepted')
  assert.deepEqual(
    good.log.steps.map(({ type }) => type),
    ['route', 'dial', 'dial', 'peer-tls', 'probed'],
  )
  assert.equal((await run(to('null.example'), { dialer, zone })).type, 'no-route')
  assert.equal((await run(to('dark.example'), { dialer, zone })).type, 'no-answer-of-dns')
  const down = {
    'south.example': { MX: ['5 down.south.example'] },
    'down.south.example': { A: ['203.0.113.19'] },
  }
  const silent = await run(to('south.example'), { dialer, zone: down })
  assert.equal(silent.type, 'unreachable')
  assert.match(silent.because, /connection refused/)
  const four = await run({ ...to('south.example'), families: 'ipv6-only' }, { dialer, zone: down })
  assert.equal(four.type, 'no-route')
})

test('a login is tried, a wrong password told, and none is written down', async (t) => {
  const south = await openTestSite(t)
  const login = (secret: string): Wanted => ({
    stage: 'auth',
    tls: 'implicit',
    port: south.ports.submissions,
    auth: { username: receiver, password: secret, authorizationId: '', allowClearText: false },
  })
  assert.equal((await run(login(password))).type, 'accepted')
  const wrong = await run(login('guess'))
  assert.notEqual(wrong.type, 'accepted')
  assert.equal(wrong.step.answer?.code, 535)
  const sent = JSON.stringify(wrong.conversation)
  assert.ok(!sent.includes('guess') && !sent.includes(Buffer.from('guess').toString('base64')))
})

test('the message arrives as it is, dots and all', async (t) => {
  const south: TestSite = await openTestSite(t)
  const done = await run({ port: south.ports.smtp })
  assert.equal(done.type, 'accepted')
  const [entry] = await south.store.mailboxes.items({ account: receiver, limit: 1 })
  assert.ok(entry !== undefined)
  assert.match(await storedText(south.store, entry.messageId), /\r\n\r\nHello\.\r\n\.dot\r\n$/)
})

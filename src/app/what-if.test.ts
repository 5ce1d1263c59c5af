import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDkimRecord, generateDkimKey, signDkim } from '../dkim/dkim.ts'
import { type DnsOverride, parseDnsOverride } from '../dns/dns-override.ts'
import { decisionRules, rulesInConfig } from '../config/decision-rules.ts'
import { type ReplayOverrides, readOverrides } from '../journey/overrides.ts'
import { isChanged, isOtherVerdict, viewReplay, viewReplayed } from '../journey/replay-view.ts'
import { WaybillError } from '../base/error.ts'
import { ReplayCount, replayEach } from '../desk/replay-all.ts'
import { Archives } from '../desk/archives.ts'
import { labAccess } from '../http/access.ts'
import { makeApi } from '../http/api.ts'
import type { Api } from '../http/api-types.ts'
import { importRoutes } from '../http/routes/bundles.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { type Zone, compileZone, type ZoneTable } from '../dns/zone-table.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { hashesOf } from '../journey/record.ts'
import { journeyIn, type TestJourney } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, type TestSite } from './test-support/test-site.ts'
import { northZone, receiver } from './test-support/south.ts'

const text = 'From: Sender <sender@north.example>\r\nSubject: x\r\n\r\nHello\r\n'

interface Case {
  readonly name: string
  readonly overrides: ReplayOverrides
  /** The steps that come to another verdict, with it. */
  readonly changed: Readonly<Record<string, string>>
  readonly missing?: readonly string[]
}

function dns(...texts: readonly string[]): readonly DnsOverride[] {
  return texts.map((one) => {
    const read = parseDnsOverride(one)
    assert.ok(read.ok, one)
    return read.value
  })
}

/** A letter that passes, from a stranger's address and signed; and a forgery. */
async function letters(
  south: TestSite,
  signer: { readonly zoneKey: ReturnType<typeof generateDkimKey> },
): Promise<{ readonly signed: TestJourney; readonly forged: TestJourney }> {
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const now = Math.floor(south.clock.now() / 1000)
  const keys = [{ domain: 'north.example', selector: 's', ...signer.zoneKey }]
  const signature = signDkim(Buffer.from(text), { keys, now, expiresAfterSeconds: 3600 }).join('')
  const envelope = { from: 'sender@north.example', to: receiver }
  const signed = referenceIn(await talk.letter({ ...envelope, message: signature + text }))
  const forged = referenceIn(await talk.letter({ ...envelope, message: text }))
  return {
    signed: await journeyIn(south.store, signed),
    forged: await journeyIn(south.store, forged),
  }
}

test('each thing that is changed changes the steps that rest on it, and no other', async (t) => {
  const key = generateDkimKey('ed25519')
  const record = formatDkimRecord({ type: 'ed25519', publicKey: key.publicKey })
  const reject = { '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject'] } }
  const zone = { ...northZone, ...reject, 's._domainkey.north.example': { TXT: [record] } }
  const south = await openTestSite(t, { zone })
  const { signed, forged } = await letters(south, { zoneKey: key })
  const allow = rulesInConfig(
    'hostname = "mx.south.example"\ndomains = ["south.example"]\n[receive]\nallow = ["north.example"]\n',
    [],
  )
  assert.ok(allow.ok)

  const forSigned: readonly Case[] = [
    { name: 'nothing', overrides: { dns: [] }, changed: {} },
    {
      name: 'ip',
      overrides: { dns: [], ip: '192.0.2.10' },
      changed: { spf: 'pass' },
    },
    {
      name: 'one letter of the body',
      overrides: { dns: [], body: 'one-letter' },
      changed: { dkim: 'fail', dmarc: 'fail, asks reject', decision: 'refuse, asks reject' },
    },
    {
      name: 'From of another domain, of which nothing is recorded',
      overrides: { dns: [], from: 'Someone <x@other.example>' },
      changed: { dkim: 'fail' },
      missing: ['_dmarc.other.example TXT'],
    },
    {
      name: 'another name in From',
      overrides: { dns: [], from: 'Other <sender@north.example>' },
      changed: { dkim: 'fail', dmarc: 'fail, asks reject', decision: 'refuse, asks reject' },
    },
    {
      name: 'the key is gone',
      overrides: { dns: dns('s._domainkey.north.example TXT NXDOMAIN') },
      changed: { dkim: 'permerror', dmarc: 'fail, asks reject', decision: 'refuse, asks reject' },
    },
    {
      name: 'the key cannot be asked for',
      overrides: { dns: dns('s._domainkey.north.example TXT SERVFAIL') },
      changed: {
        dkim: 'temperror',
        dmarc: 'temperror, asks reject',
        decision: 'deliver, asks reject',
      },
    },
    {
      name: 'an hour later',
      overrides: { dns: [], now: Math.floor(south.clock.now() / 1000) + 4000 },
      changed: { dkim: 'permerror', dmarc: 'fail, asks reject', decision: 'refuse, asks reject' },
    },
  ]
  const forForged: readonly Case[] = [
    {
      name: 'the policy only watches',
      overrides: { dns: dns('_dmarc.north.example TXT "v=DMARC1; p=none"') },
      changed: { dmarc: 'fail, asks none', decision: 'deliver, asks none' },
    },
    {
      name: 'no policy',
      overrides: { dns: dns('_dmarc.north.example TXT -') },
      changed: { dmarc: 'none', decision: 'deliver' },
    },
    {
      name: 'a configuration that takes the domain in',
      overrides: { dns: [], rules: allow.value },
      changed: { decision: 'deliver, asks reject' },
    },
    {
      name: 'helo, on which no verdict rests',
      overrides: { dns: [], helo: 'other.example' },
      changed: {},
    },
    {
      name: 'mail from a domain of which nothing is recorded',
      overrides: { dns: [], mailFrom: 'x@other.example' },
      changed: {},
      missing: ['other.example TXT'],
    },
  ]
  for (const [journey, cases] of [
    [signed, forSigned],
    [forged, forForged],
  ] as const) {
    for (const { name, overrides, changed, missing = [] } of cases) {
      const view = viewReplay(journey.record, await journey.replay(overrides))
      assert.ok(view.replayed, name)
      const words = view.steps
        .filter((step) => isChanged(step) && isOtherVerdict(step))
        .map(({ id, now }) => {
          const asks = now.asked_for === null ? '' : `, asks ${now.asked_for}`
          return [id, `${now.result ?? now.verdict}${asks}`]
        })
      const { iprev: _named, ...others } = Object.fromEntries(words) as Record<string, string>
      assert.deepEqual(others, changed, name)
      for (const question of missing)
        assert.ok(view.missing.includes(question), `${name}: ${question}`)
    }
  }
})

test('the journey as it would have been has the new verdicts, and what was done is left out', async (t) => {
  const key = generateDkimKey('ed25519')
  const record = formatDkimRecord({ type: 'ed25519', publicKey: key.publicKey })
  const reject = { '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject'] } }
  const zone = { ...northZone, ...reject, 's._domainkey.north.example': { TXT: [record] } }
  const south = await openTestSite(t, { zone })
  const { signed, forged } = await letters(south, { zoneKey: key })
  const again = async (journey: TestJourney, overrides: ReplayOverrides) => {
    const replay = await journey.replay(overrides)
    assert.ok(replay.type === 'replayed')
    const facts = await south.store.journeys.sharedFacts(hashesOf(journey.record.steps))
    const { status, view } = journey
    const current = { status, summary: view.summary }
    return viewReplayed({ record: journey.record, facts, current }, replay)
  }
  assert.deepEqual(await again(forged, { dns: [] }), forged.view)
  const watched = await again(forged, { dns: dns('_dmarc.north.example TXT "v=DMARC1; p=none"') })
  assert.equal(watched.summary, 'It would be filed in Inbox.')
  assert.deepEqual([watched.outcome.status, watched.outcome.smtp], ['delivered', null])
  assert.deepEqual(
    watched.recipients.map(({ status }) => status),
    ['delivered'],
  )
  assert.ok(!watched.steps.some(({ id }) => id === 'refused'))
  const dmarc = watched.steps.find(({ id }) => id === 'dmarc')
  assert.ok(dmarc?.evidence.some(({ data }) => data.includes('v=DMARC1; p=none')))

  const spoiled = await again(signed, { dns: [], body: 'one-letter' })
  assert.equal(spoiled.summary, 'It would be refused.')
  assert.ok(!spoiled.steps.some(({ id }) => id === 'filed'))

  const elsewhere = await again(signed, { dns: [], from: 'x@other.example' })
  const open = elsewhere.steps.find(({ id }) => id === 'dmarc')
  assert.equal(open?.verdict, 'unknown')
  assert.match(open?.answer ?? '', /^Not recorded: nobody asked for _dmarc\.other\.example TXT/)
})

test('overrides that make no sense are told as what they are', () => {
  const rules = decisionRules({ receive: {} as never }, [])
  const read = (json: unknown): string => {
    const result = readOverrides(json, (toml) =>
      toml === 'good' ? { ok: true, value: rules } : { ok: false, problem: 'is no configuration' },
    )
    return result.ok ? JSON.stringify(result.value) : result.problem
  }
  assert.equal(read(undefined), '{"dns":[]}')
  assert.equal(read({ mail_from: '<>', at: 60 }), '{"dns":[],"mailFrom":"","now":60}')
  assert.equal(
    read({ dns: ['a.example A 192.0.2.1', { name: 'b.example', type: 'MX', value: null }] }),
    '{"dns":[{"name":"a.example","type":"A","values":["192.0.2.1"]},{"name":"b.example","type":"MX","values":[]}]}',
  )
  assert.match(read({ config: 'good' }), /"rules"/)
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [[], /^overrides: is an object$/],
    [{ colour: 1 }, /"colour" is none of ip helo|"colour" is none of ip, helo/],
    [{ ip: '1.2.3' }, /^ip: is not an IP address$/],
    [{ ip: 4 }, /^ip: is a text$/],
    [{ from: 'a\r\nBcc: x@y.example' }, /^from: is more than one line$/],
    [{ from: ' ' }, /^from: is empty$/],
    [{ helo: 'a\nb' }, /^helo: is more than one line$/],
    [{ helo: 'a'.repeat(10_001) }, /^helo: is longer than 10000 characters$/],
    [{ at: 'yesterday' }, /^at: is not a time/],
    [{ body: 'two-letters' }, /^body: can only be "one-letter"$/],
    [{ config: 'bad' }, /^config: is no configuration$/],
    [{ dns: 'x' }, /^dns: is a list$/],
    [{ dns: [3] }, /^dns: wants "NAME TYPE VALUE"/],
    [{ dns: ['nonsense'] }, /^dns: "nonsense" is not NAME TYPE VALUE$/],
    [{ dns: Array.from({ length: 201 }, () => 'a.example A -') }, /^dns: more than 200 answers$/],
  ]
  for (const [json, problem] of wrong) assert.match(read(json), problem)
})

function apiOver(south: TestSite, live?: Resolver): Api {
  const { store } = south
  const now = (): number => south.clock.now()
  return makeApi({
    mode: 'lab',
    version: '0',
    archives: new Archives([{ name: '', reads: store }]),
    access: labAccess,
    now,
    newId: () => 'id',
    report: (fault) => assert.fail(String(fault)),
    more: (api) => importRoutes(api, { desk: { store: openMemoryStore() }, acts: store.acts, now }),
    ...(live === undefined ? {} : { live }),
  })
}

async function asked(
  api: Api,
  path: string,
  body: unknown,
): Promise<readonly [number, Record<string, unknown>]> {
  const headers = { host: 'localhost', 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  const answer = await api.request(path, init)
  return [answer.status, (await answer.json()) as Record<string, unknown>]
}

test('the API decides again as the command line does, and gives the journey as it would have been', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const letter = { from: 'sender@north.example', to: receiver, message: text }
  const id = referenceIn(await talk.letter(letter))
  const api = apiOver(south)
  const ask = (body: unknown) => asked(api, '/v1/replays', body)
  const [, same] = await ask({ id })
  assert.deepEqual([same['same'], same['changed']], [true, []])
  const { journey: view } = same
  assert.deepEqual(view, (await journeyIn(south.store, id)).view)
  const overrides = {
    dns: [{ name: '_dmarc.north.example', type: 'TXT', value: 'v=DMARC1; p=none' }],
  }
  const [, watched] = await ask({ journey: id, overrides })
  const replay = await (await journeyIn(south.store, id)).replay({
    dns: dns('_dmarc.north.example TXT "v=DMARC1; p=none"'),
  })
  const { journey, ...told } = watched
  assert.deepEqual(told, JSON.parse(JSON.stringify(viewReplay({ id }, replay))))
  assert.equal((journey as { summary?: string }).summary, 'It would be filed in Inbox.')
  const config =
    'hostname = "mx.south.example"\ndomains = ["south.example"]\n[receive]\nallow = ["north.example"]\n'
  const [, allowed] = await ask({ journey: id, overrides: { config } })
  assert.deepEqual(allowed['changed'], ['decision'])
  const headers = { host: 'localhost' }
  const file = await api.request(`/v1/messages/${id}/export`, { headers })
  const bundle = Buffer.from(await file.arrayBuffer()).toString('base64')
  const [, sent] = await ask({ bundle, overrides })
  assert.deepEqual(sent, watched)
  const hidden = await api.request(`/v1/messages/${id}/export?redact=true`, { headers })
  const redacted = Buffer.from(await hidden.arrayBuffer()).toString('base64')
  const [, impossible] = await ask({ bundle: redacted })
  assert.deepEqual([impossible['replayed'], impossible['journey']], [false, null])
  const send = async (octets: Uint8Array<ArrayBuffer> | string): Promise<unknown> => {
    const init = { method: 'POST', headers, body: octets }
    const answer = await api.request('/v1/imports', init)
    return await answer.json()
  }
  assert.deepEqual(await send(Buffer.from(bundle, 'base64')), {
    journeys: 1,
    known: 0,
    messages: 1,
  })
  assert.deepEqual(await send(Buffer.from(bundle, 'base64')), {
    journeys: 0,
    known: 1,
    messages: 0,
  })
  assert.equal(((await send('hello')) as { status?: number }).status, 400)
  const [act] = await south.store.acts.list({ limit: 1 })
  assert.deepEqual([act?.what, act?.door], ['import', 'http'])
  for (const [body, status, detail] of [
    [{ bundle: '!' }, 400, /^bundle: is not base64/],
    [{ bundle: 'AAAA' }, 400, /is no bundle, or is damaged/],
    [{}, 400, /"journey" is missing/],
    [{ journey: 'nonexistent' }, 404, /There is no journey/],
    [{ journey: id, overrides: { ip: 'x' } }, 400, /^ip: is not an IP address\.$/],
    [{ journey: id, overrides: { config: 'x = ' } }, 400, /^config: is no configuration/],
  ] as const) {
    const [said, problem] = await ask(body)
    assert.equal(said, status)
    assert.match(String(problem['detail']), detail)
  }
})

test('what cannot be replayed any more is counted, with the reason, and the others go on', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const message = 'From: a@nowhere.example\r\n\r\nHello\r\n'
  const letter = { from: 'a@nowhere.example', to: receiver, message }
  const [gone, broken] = [
    referenceIn(await talk.letter(letter)),
    referenceIn(await talk.letter(letter)),
  ]
  for (let more = 0; more < 120; more++) await talk.letter(letter)
  const { store } = south
  const messages = {
    open: async (id: string) => {
      if (id === messageOf.get(gone)) return undefined
      if (id === messageOf.get(broken)) throw new WaybillError('store-broken', 'It is damaged.')
      return await store.messages.open(id)
    },
  }
  const messageOf = new Map<string, string | undefined>()
  for (const id of [gone, broken]) {
    const found = await store.journeys.find(id)
    messageOf.set(id, found.type === 'found' ? found.journey.messageId : undefined)
  }
  const archives = new Archives([{ name: '', reads: { ...store, messages } }])
  const count = new ReplayCount()
  const told: string[] = []
  for await (const { view } of replayEach(archives, async () => ({ dns: [] }))) {
    if (count.add(view)) told.push(view.id)
  }
  assert.deepEqual(told, [])
  assert.deepEqual(count.counts, {
    journeys: 122,
    same: 120,
    changed: 0,
    other_reasons: 0,
    not_recorded: 0,
    nothing: 0,
    not_replayable: 2,
    because: { 'The octets of this message are not kept any more.': 1, 'It is damaged.': 1 },
  })
})

test('questions are answered without mail, and nobody is asked unless that is wanted', async (t) => {
  const south = await openTestSite(t)
  const questions: string[] = []
  const zone = new MemoryResolver(readZone(northZone))
  const live: Resolver = {
    resolve: (name, type) => {
      questions.push(`${name} ${type}`)
      return zone.resolve(name, type)
    },
  }
  const api = apiOver(south, live)
  const evaluate = async (body: unknown): Promise<Record<string, unknown>> => {
    const [status, answer] = await asked(api, '/v1/evaluations', body)
    assert.equal(status, 200, JSON.stringify(answer))
    return answer
  }
  const record = 'north.example TXT "v=spf1 ip4:192.0.2.10 -all"'
  const sender = { ip: '192.0.2.10', mail_from: 'ann@north.example' }
  const spf = await evaluate({ question: 'spf', ...sender, dns: [record] })
  assert.deepEqual([spf['result'], spf['verdict'], spf['missing']], ['pass', 'pass', []])
  const open = await evaluate({ question: 'spf', ...sender })
  assert.deepEqual([open['result'], open['missing']], ['temperror', ['north.example TXT']])
  assert.deepEqual(questions, [])
  const asking = await evaluate({ question: 'spf', ...sender, ip: '192.0.2.66', live: true })
  assert.deepEqual([asking['result'], questions], ['fail', ['north.example TXT']])

  const forged = { question: 'accept', ...sender, ip: '192.0.2.66', live: true }
  const from = 'Ann <ann@north.example>'
  assert.equal((await evaluate({ ...forged, from }))['result'], 'refuse')
  const config =
    'hostname = "a.example"\ndomains = ["a.example"]\n[receive]\nallow = ["north.example"]'
  assert.equal((await evaluate({ ...forged, from, config }))['result'], 'deliver')
  assert.equal(
    (await evaluate({ ...forged, message: `From: ${from}\n\nHi\n` }))['result'],
    'refuse',
  )
  const dkim = await evaluate({ question: 'dkim', message: 'From: a@b.example\n\nHi\n' })
  assert.equal(dkim['result'], 'none')
  const vouched = { spf: { result: 'pass', domain: 'north.example' }, live: true }
  const dmarc = await evaluate({ question: 'dmarc', from: 'north.example', ...vouched })
  assert.equal(dmarc['result'], 'pass')
  const route = await evaluate({ question: 'route', destination: 'ann@north.example', live: true })
  const steps = route['steps'] as { id: string; answer: string }[]
  assert.deepEqual(
    steps.map(({ id }) => id),
    ['route.mx', 'route.address'],
  )
  assert.match(steps[1]?.answer ?? '', /192\.0\.2\.10/)

  const offline = apiOver(south)
  for (const [body, detail] of [
    [{ question: 'weather' }, /question/],
    [{ question: 'spf', ip: 'x' }, /is not an IP address/],
    [{ question: 'spf', ip: '192.0.2.1', live: true }, /asks no DNS/],
    [{ question: 'spf', ip: '192.0.2.1', dns: ['x'] }, /is not NAME TYPE VALUE/],
    [{ question: 'accept', ip: '192.0.2.1' }, /at least "from"/],
    [{ question: 'accept', ip: '192.0.2.1', from: 'a\nb' }, /more than one line/],
    [{ question: 'accept', ip: '192.0.2.1', from: 'a@b.example', config: '?' }, /no configuration/],
    [{ question: 'route', destination: '..' }, /is not a domain/],
  ] as const) {
    const [status, problem] = await asked(offline, '/v1/evaluations', body)
    assert.equal(status, 400)
    assert.match(String(problem['detail']), detail)
  }
})

function readZone(zone: Zone): ZoneTable {
  const read = compileZone(zone)
  assert.ok(read.ok)
  return read.value
}

/** Domain owners who ask for it (`ruf`) are told of mail that was forged in their name, when the settings say so. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { silent } from '../base/log.ts'
import { WaybillError } from '../base/error.ts'
import { parseConfig } from '../config/config.ts'
import { verifyDkim } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { systemClock } from '../io/clock.ts'
import { openDnsServer } from '../io/dns-server.ts'
import { readReports } from '../io/report-reader.ts'
import type { StepData } from '../journey/steps.ts'
import { testFolder } from '../store/test-folder.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { openReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'
import type { Acceptance } from '../store/ports/post.ts'
import type { Store } from '../store/ports/store.ts'
import type { FailureReport } from '../report/feedback.ts'
import type { FailureReportsPlan } from '../reporting/failure-reports.ts'
import { openServer } from './open-server.ts'
import { forTest } from './test-support/both-ways.ts'
import { FakeServer, type TakenLetter } from './test-support/fake-server.ts'
import { waybill } from './test-support/processes.ts'
import { journeyIn, journeysIn, replayAll } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import {
  openTestSite,
  storedText,
  type TestSite,
  type TestSiteOptions,
} from './test-support/test-site.ts'
import { TestNetwork } from './test-support/test-network.ts'
import { northZone, receiver, southKeyZone, strangerIp } from './test-support/south.ts'

const forgery = {
  from: 'sender@north.example',
  to: receiver,
  message: [
    'From: Sender <sender@north.example>',
    'To: Receiver <receiver@south.example>, other@south.example',
    'Subject: Your account',
    '',
    'Dear receiver@south.example, click here.',
    '',
  ].join('\n'),
}

function asking(tags: string, more: Zone = {}): Zone {
  const record = `v=DMARC1; p=reject; ${tags}`
  return { ...northZone, ...southKeyZone(), '_dmarc.north.example': { TXT: [record] }, ...more }
}

const ruf = 'ruf=mailto:ruf@north.example'
const plan: FailureReportsPlan = {
  from: 'postmaster@south.example',
  content: 'header',
  perDestination: 2,
  perDay: 5,
}

/** North's server, which takes reports, and a way to wait for the next one. */
async function openNorth(t: TestContext): Promise<{
  readonly network: TestNetwork
  readonly letters: readonly TakenLetter[]
  readonly taken: (count: number) => Promise<readonly TakenLetter[]>
}> {
  let dots = 0
  const waiting: { readonly count: number; readonly go: () => void }[] = []
  const north = await FakeServer.open(t, {
    answer(stage) {
      if (stage !== 'dot') return undefined
      dots++
      for (const { count, go } of waiting) if (dots >= count) go()
      return undefined
    },
  })
  const network = new TestNetwork()
  network.at('192.0.2.10', north.port)
  return {
    network,
    letters: north.letters,
    async taken(count) {
      if (dots < count) await new Promise<void>((go) => waiting.push({ count, go }))
      return north.letters
    },
  }
}

async function openSouth(
  t: TestContext,
  options: TestSiteOptions,
): Promise<{
  readonly south: TestSite
  /** A forged letter, to its last step: what became of its report. */
  readonly forge: (letter?: Partial<typeof forgery>) => Promise<StepData>
  readonly talk: SmtpTalk
}> {
  const south = await openTestSite(t, { failureReports: plan, ...options })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  return {
    south,
    talk,
    async forge(letter) {
      // A connection of its own: after a day set ahead an older one has been closed for its silence.
      const once = await SmtpTalk.greeted(south.ports.smtp)
      const id = referenceIn(await once.letter({ ...forgery, ...letter }))
      await once.quit()
      return south.when(async () => {
        return (await journeyIn(south.store, id)).record.steps.find(({ type }) => {
          return type === 'reported' || type === 'not-reported'
        })
      })
    },
  }
}

async function readFailure(letter: TakenLetter | undefined): Promise<FailureReport> {
  assert.ok(letter !== undefined, 'a report came')
  const [found, ...others] = await readReports({
    name: '',
    octets: Buffer.from(letter.text, 'latin1'),
  })
  assert.deepEqual(others, [])
  if (found?.reading.type !== 'failure') assert.fail(JSON.stringify(found))
  assert.deepEqual(found.reading.problems, [])
  return found.reading
}

test('the settings decide: a forged letter is reported to ruf, or nobody is told', async (t) => {
  const tags = `${ruf}; fo=1`
  const dns = await openDnsServer({ port: 0, clock: systemClock, zones: { '': asking(tags) } })
  t.after(() => dns.close())
  for (const on of [true, false]) {
    const { folder, remove } = testFolder()
    t.after(remove)
    const north = await openNorth(t)
    const read = parseConfig(
      [
        'hostname = "mx.south.example"',
        'domains = ["south.example"]',
        '[listen]',
        'address = "127.0.0.1"',
        '[dns]',
        `servers = ["127.0.0.1:${dns.endpoint.port}"]`,
        '[reports]',
        'aggregate = false',
        on ? 'failure = true' : '',
        '[[account]]',
        `address = "${receiver}"`,
      ].join('\n'),
    )
    if (read.type !== 'settings') assert.fail(JSON.stringify(read))
    const server = await openServer({
      log: silent,
      settings: forTest(read.settings),
      data: folder,
      autoPorts: true,
      dialer: north.network,
      report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
      broken: (problem) => assert.fail(String(problem)),
    })
    const talk = await SmtpTalk.greeted(server.ports.smtp)
    const said = await talk.letter(forgery)
    assert.equal(said.code, 550)
    await talk.quit()
    if (on) {
      const [letter] = await north.taken(1)
      assert.equal(letter?.mail, 'MAIL FROM:<>')
      assert.deepEqual(letter.rcpt, ['RCPT TO:<ruf@north.example>'])
      const failure = await readFailure(letter)
      assert.equal(failure.authFailure, 'dmarc')
      assert.equal(failure.sourceIp, '127.0.0.1')
      assert.equal(failure.deliveryResult, 'reject')
      // As the owner reads it.
      const file = join(folder, 'report.eml')
      writeFileSync(file, letter.text, 'latin1')
      const shown = await waybill(['report', 'show', file])
      assert.equal(shown.code, 0, shown.said)
      assert.match(shown.out, /127\.0\.0\.1/)
      assert.match(shown.out, /north\.example/)
    }
    await server.close()
    const reader = openReadOnlyStore({ folder })
    try {
      const words = (await journeyIn(reader, referenceIn(said))).view.steps.flatMap((step) => {
        return step.id === 'reported' ? [step.answer] : []
      })
      const told = 'Yes, a failure report was queued to ruf@north.example.'
      assert.deepEqual(words, on ? [told] : [])
      assert.equal((await journeysIn(reader)).length, on ? 2 : 1)
      await replayAll(reader)
    } finally {
      reader.close()
    }
    assert.equal(north.letters.length, on ? 1 : 0)
  }
})

test('a letter that failed and was filed all the same is reported too, in Inbox and in Junk', async (t) => {
  for (const [policy, mailbox] of [
    ['none', 'Inbox'],
    ['quarantine', 'Junk'],
  ] as const) {
    const north = await openNorth(t)
    const zone: Zone = {
      ...northZone,
      '_dmarc.north.example': { TXT: [`v=DMARC1; p=${policy}; ${ruf}; fo=1`] },
    }
    const { south, forge } = await openSouth(t, { zone, dialer: north.network })
    assert.equal((await forge()).type, 'reported', policy)
    const [row] = await south.store.mailboxes.items({ account: receiver })
    assert.equal(row?.mailbox, mailbox)
    const failure = await readFailure((await north.taken(1))[0])
    assert.notEqual(failure.deliveryResult, 'reject')
  }
})

test('the report is signed, shows the header with its recipients unreadable, and no body', async (t) => {
  const north = await openNorth(t)
  const zone = asking(ruf)
  const { south, forge } = await openSouth(t, { zone, dialer: north.network })
  const step = await forge()
  assert.ok(step.type === 'reported')
  const [letter] = await north.taken(1)
  const octets = Buffer.from(letter?.text ?? '', 'latin1')
  const now = Math.floor(south.clock.now() / 1000)
  const signatures = await verifyDkim(octets, { resolver: new MemoryResolver(zone), now })
  assert.deepEqual(
    signatures.map(({ result, domain }) => [result, domain]),
    [
      ['pass', 'south.example'],
      ['pass', 'south.example'],
    ],
  )
  const { original, originalMailFrom, sourceIp, authenticationResults } = await readFailure(letter)
  assert.equal(originalMailFrom, 'sender@north.example')
  assert.equal(sourceIp, strangerIp)
  assert.match(authenticationResults[0] ?? '', /^mx\.south\.example; spf=fail .*dmarc=fail/)
  assert.equal(original?.subject, 'Your account')
  assert.match(original.to ?? '', /^Receiver <[\w-]{43}@south\.example>, [\w-]{43}@south\.example$/)
  assert.doesNotMatch(letter?.text ?? '', /receiver@|other@|click here/)

  const own = await journeyIn(south.store, step.journey)
  assert.deepEqual(
    own.record.steps.slice(0, 2).map(({ type }) => type),
    ['signed', 'queued'],
  )
  assert.match(own.view.summary, /ruf@north\.example/)
})

test('with failure_content = "message" it shows the message as it came', async (t) => {
  const north = await openNorth(t)
  const { forge } = await openSouth(t, {
    zone: asking(ruf),
    dialer: north.network,
    failureReports: { ...plan, content: 'message' },
  })
  assert.equal((await forge()).type, 'reported')
  const [letter] = await north.taken(1)
  assert.equal((await readFailure(letter)).original?.complete, true)
  assert.ok(letter?.text.includes(forgery.message.replaceAll('\n', '\r\n')))
  // A long one is cut to its header, not left out.
  await forge({ message: `${forgery.message}${'long line\n'.repeat(10_000)}` })
  const [, long] = await north.taken(2)
  assert.equal((await readFailure(long)).original?.complete, false)
  assert.ok((long?.text.length ?? 0) < 20_000)
})

test('after its share of the day nobody is told more, until tomorrow; then the rest is counted', async (t) => {
  const north = await openNorth(t)
  const { south, forge } = await openSouth(t, { zone: asking(ruf), dialer: north.network })
  const limited = { because: 'domain-limit', refused: [] }
  for (const expected of ['reported', 'reported', 'not-reported', 'not-reported']) {
    const step = await forge()
    assert.equal(step.type, expected)
    if (step.type === 'not-reported') {
      assert.deepEqual({ because: step.because, refused: step.refused }, limited)
    }
  }
  await north.taken(2)
  south.clock.advance(86_400_000)
  const next = await forge()
  assert.ok(next.type === 'reported')
  assert.equal(next.incidents, 3)
  const letters = await north.taken(3)
  assert.equal(letters.length, 3)
  assert.equal((await readFailure(letters[2])).incidents, 3)
})

test('a place outside the domain is told when it has agreed, and only then', async (t) => {
  const tags = 'ruf=mailto:ruf@far.example,mailto:victim@other.example'
  const agreed: Zone = {
    'north.example._report._dmarc.far.example': { TXT: ['v=DMARC1'] },
    'far.example': { MX: ['10 mx.north.example'] },
  }
  const north = await openNorth(t)
  const { south, forge } = await openSouth(t, { zone: asking(tags), dialer: north.network })
  const refused = (uri: string) => ({ uri, because: 'not-authorized' })
  const both = [refused('mailto:ruf@far.example'), refused('mailto:victim@other.example')]
  const none = await forge()
  assert.ok(none.type === 'not-reported')
  assert.deepEqual([none.because, none.refused], ['no-destination', both])
  const id = (await south.store.journeys.list({ limit: 1 }))[0]?.id ?? ''
  const [told] = (await journeyIn(south.store, id)).view.steps.filter(({ id }) => id === 'reported')
  assert.deepEqual(
    told?.evidence.slice(-2).map(({ name, rcode }) => [name, rcode]),
    [
      ['north.example._report._dmarc.far.example', 'NXDOMAIN'],
      ['north.example._report._dmarc.other.example', 'NXDOMAIN'],
    ],
    'what was asked is shown with it',
  )
  south.setZone(asking(tags, agreed))
  const one = await forge()
  assert.ok(one.type === 'reported')
  assert.deepEqual([one.to, one.refused], [['ruf@far.example'], both.slice(1)])
  const [letter] = await north.taken(1)
  assert.deepEqual(letter?.rcpt, ['RCPT TO:<ruf@far.example>'])
})

test('reports, bounces and lists bring no report, and a message that passed says nothing', async (t) => {
  const north = await openNorth(t)
  const { south, talk, forge } = await openSouth(t, { zone: asking(ruf), dialer: north.network })
  const report = forgery.message.replace(
    'Subject:',
    'Content-Type: multipart/report; report-type=feedback-report; boundary=x\nSubject:',
  )
  for (const letter of [
    { from: '' },
    { message: report },
    { message: `List-Id: <l.x>\n${report}` },
  ]) {
    const step = await forge(letter)
    assert.ok(step.type === 'not-reported')
    assert.equal(step.because, 'automatic')
  }
  south.setZone(asking(ruf, { 'north.example': { TXT: [`v=spf1 ip4:${strangerIp} -all`] } }))
  const passed = await talk.letter(forgery)
  assert.equal(passed.code, 250)
  await talk.quit()
  await south.close()
  const { record } = await journeyIn(south.store, referenceIn(passed))
  assert.equal(record.steps.at(-1)?.type, 'filed')
  assert.deepEqual(north.letters, [])
})

test('a report to one of our own people is filed here, to nobody of ours it is not sent', async (t) => {
  const zone = asking('', {
    '_dmarc.south.example': {
      TXT: [`v=DMARC1; p=reject; ruf=mailto:${receiver},mailto:nobody@south.example`],
    },
  })
  const network = new TestNetwork()
  const { south, forge } = await openSouth(t, { zone, dialer: network })
  const message = forgery.message.replaceAll('sender@north.example', 'boss@south.example')
  const step = await forge({ from: 'boss@south.example', message })
  assert.ok(step.type === 'reported')
  assert.deepEqual(step.to, [receiver])
  assert.deepEqual(step.refused, [{ uri: 'mailto:nobody@south.example', because: 'no-mailbox' }])
  const [row, ...more] = await south.store.mailboxes.items({ account: receiver })
  assert.deepEqual(more, [])
  assert.match(await storedText(south.store, row?.messageId ?? ''), /Feedback-Type: auth-failure/)
  assert.deepEqual(await south.store.queue.list({ limit: 9 }), [])
  assert.deepEqual(network.dialled, [])
})

test('a report that cannot be made is told to the log and to nobody else', async (t) => {
  const memory = openMemoryStore()
  const full = new WaybillError('store-full', 'The disk is full.')
  const accept = (acceptance: Acceptance): Promise<void> => {
    return acceptance.laterSteps === undefined
      ? memory.post.accept(acceptance)
      : Promise.reject(full)
  }
  const store: Store = { ...memory, post: { accept } }
  const south = await openTestSite(t, { zone: asking(ruf), store, failureReports: plan })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const said = await talk.letter(forgery)
  assert.deepEqual([said.code, said.enhanced], [550, '5.7.1'])
  await talk.quit()
  await south.close()
  const { record } = await journeyIn(south.store, referenceIn(said))
  assert.equal(record.steps.at(-1)?.type, 'refused')
  assert.deepEqual(south.reported, [`${referenceIn(said)}: WaybillError: The disk is full.`])
})

test('a server that stops waits for no answer about a report', async (t) => {
  const memory = new MemoryResolver(asking('ruf=mailto:ruf@far.example'))
  const asked = Promise.withResolvers<void>()
  const { south, talk } = await openSouth(t, {
    resolver: {
      resolve(name, type) {
        if (!name.includes('_report')) return memory.resolve(name, type)
        asked.resolve()
        return new Promise(() => {})
      },
    },
  })
  const said = await talk.letter(forgery)
  assert.equal(said.code, 550, 'the answer does not wait either')
  await asked.promise
  await talk.quit()
  await south.close()
  const { record } = await journeyIn(south.store, referenceIn(said))
  const step = record.steps.at(-1)
  assert.ok(step?.type === 'not-reported')
  assert.deepEqual(step.refused, [{ uri: 'mailto:ruf@far.example', because: 'dns-error' }])
  assert.deepEqual(south.reported, [])
})

/**
 * Every fault that a server can have in its answers, at every stage at which it answers: what becomes
 * of the letter, how often it arrives in the end, and what its record says.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type Act, FakeServer, hangUp, silence, type Stage } from './test-support/fake-server.ts'
import { journeyIn, type TestJourney } from './test-support/replay-all.ts'
import { attempts, first, openSender } from './test-support/sender.ts'

const stages = ['banner', 'ehlo', 'starttls', 'mail', 'rcpt', 'data', 'dot'] as const

/** What a good server says. */
const good: Readonly<Record<(typeof stages)[number], string>> = {
  banner: '220 fake.example',
  ehlo: '250-fake.example\r\n250 8BITMIME',
  starttls: '220 2.0.0 go ahead',
  mail: '250 2.1.0 ok',
  rcpt: '250 2.1.5 ok',
  data: '354 go on',
  dot: '250 2.0.0 taken',
}

/** Four megabytes of lines before the good answer, all of one reply. */
function huge(stage: (typeof stages)[number]): string {
  return `${good[stage].slice(0, 3)}-${'x'.repeat(500)}\r\n`.repeat(8000) + good[stage]
}

interface Fault {
  readonly name: string
  readonly at: (stage: (typeof stages)[number]) => Act
  /** What the record says of it. */
  readonly says: RegExp
}

const faults: readonly Fault[] = [
  { name: 'says 421', at: () => '421 4.3.2 closing', says: /for now: 421 4\.3\.2 closing$/ },
  { name: 'says 450', at: () => '450 4.3.0 later', says: /for now: 450 4\.3\.0 later$/ },
  { name: 'hangs up', at: () => hangUp, says: /The connection was lost|no answer came/ },
  { name: 'falls silent', at: () => silence, says: /[Nn]o answer came/ },
  { name: 'answers without an end', at: huge, says: /The reply is too long/ },
  { name: 'answers nonsense', at: () => '%%% no', says: /no reply code: "%%% no"/ },
]

/** Who has heard the whole letter and said nothing that can be understood may have taken it. */
const mayHave = /the server may have taken (?:it|the message)$/

interface Ended {
  readonly first: TestJourney
  readonly last: TestJourney
  readonly letters: number
}

/** Sends one letter to a server that does this the first time that it comes to the stage. */
async function send(t: TestContext, stage: Stage, act: Act): Promise<Ended> {
  const { south, network, submit, settled, goOn } = await openSender(t)
  const struck = Promise.withResolvers<void>()
  let times = 0
  const server = await FakeServer.open(t, {
    ...(stage === 'starttls' ? { tls: 'broken' } : {}),
    answer: (here) => {
      if (here !== stage || ++times > 1) return undefined
      struck.resolve()
      return act
    },
  })
  network.at(first, server.port)
  const id = await submit()
  await struck.promise
  const once = settled(id, 1)
  if (act === silence) {
    // Past every time-out of RFC 5321 §4.5.3.2. Once where the client has begun to wait and will call
    // again; else until it has noticed, and not on and on while that is being written down: hours
    // would go by, and the lease with them.
    do {
      south.clock.advance(11 * 60_000)
    } while (!(await Promise.race([once.then(() => true), someTurns()])) && stage !== 'starttls')
  }
  const journey = await once
  if (journey.status === 'deferred') {
    await goOn()
    await settled(id, 2)
  }
  // Behind a MAIL that was refused a lone dot may come (RFC 2920 §3.1).
  const whole = server.letters.filter(({ text }) => text !== '')
  return { first: journey, last: await journeyIn(south.store, id), letters: whole.length }
}

for (const stage of stages) {
  for (const { name, at, says } of faults) {
    test(`a server that ${name} at ${stage} gets the letter once it is well`, async (t) => {
      const act = at(stage)
      const { first: before, last, letters } = await send(t, stage, act)
      assert.equal(last.status, 'delivered')
      if (stage === 'starttls') {
        // Nobody demands TLS, so the letter goes at once, and why it is in clear text is told.
        assert.deepEqual([attempts(before), letters], [['delivered'], 1])
        const told = before.record.steps.find(({ type }) => type === 'peer-no-tls')
        assert.match(
          (told?.type === 'peer-no-tls' && told.problem) || '',
          /^TLS was offered and fail/,
        )
        return
      }
      assert.deepEqual(attempts(before), ['deferred'])
      assert.match(before.view.summary, says)
      const refused = typeof act === 'string' && act.startsWith('4')
      assert.equal(
        mayHave.test(before.view.summary),
        stage === 'dot' && !refused,
        before.view.summary,
      )
      // Twice alone where it was taken and the answer to that did not come through.
      assert.equal(letters, stage === 'dot' && act === huge('dot') ? 2 : 1)
    })
  }
}

for (const stage of ['banner', 'ehlo', 'mail', 'rcpt', 'data', 'dot'] as const) {
  test(`an answer at ${stage} that is cut at any octet is none`, async (t) => {
    const reply = `${good[stage]}\r\n`
    // Each of them where the letter stands and falls with it.
    const step = stage === 'rcpt' || stage === 'dot' ? 1 : 5
    for (let octets = 0; octets < reply.length; octets += step) {
      const cut: Act = { type: 'cut', reply: good[stage], octets }
      const { first: before, last, letters } = await send(t, stage, cut)
      assert.deepEqual([attempts(before), last.status], [['deferred'], 'delivered'], reply)
      assert.equal(mayHave.test(before.view.summary), stage === 'dot')
      assert.equal(letters, stage === 'dot' ? 2 : 1, `after ${octets} octets`)
    }
  })
}

/** So many as the writing of an attempt takes on a busy machine, and more. */
async function someTurns(): Promise<false> {
  for (let turns = 0; turns < 2000; turns++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
  return false
}

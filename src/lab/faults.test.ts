/** What a sending server makes of each fault that has a name. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { journeyIn } from '../app/test-support/replay-all.ts'
import { SmtpTalk } from '../app/test-support/smtp-talk.ts'
import { silent } from '../base/log.ts'
import { namedFaults, parseFault } from '../desk/fault-text.ts'
import { testFolder } from '../store/test-folder.ts'
import { type Lab, openLab } from './lab.ts'
import { labPassword, receiver, sender } from './places.ts'
import { labTools } from './tools.ts'

async function open(t: TestContext): Promise<Lab> {
  const { folder, remove } = testFolder()
  const lab = await openLab({
    folder,
    ports: { smtp: 0, submission: 0, submissions: 0, dns: 0 },
    taken: 'strict',
    log: silent,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
  })
  t.after(async () => {
    await lab.close()
    remove()
  })
  return lab
}

interface Expected {
  /** What becomes of the attempt that meets the fault. */
  readonly attempt: 'delivered' | 'deferred' | 'failed'
  /** What its record says. */
  readonly says: RegExp
  /** How many letters south has when the fault is over and all is done; 1, or 0 where it failed. */
  readonly arrives?: number
}

const expected: Readonly<Record<string, Expected>> = {
  refused: { attempt: 'deferred', says: /connection refused, by a fault/ },
  unreachable: { attempt: 'deferred', says: /no way leads there/ },
  'no-answer': { attempt: 'deferred', says: /no answer, by a fault/ },
  silent: { attempt: 'deferred', says: /No answer came in time|Nothing came for too long/ },
  busy: { attempt: 'deferred', says: /421/ },
  'turned-away': { attempt: 'failed', says: /554/ },
  'no-esmtp': { attempt: 'delivered', says: /HELO/ },
  'tls-refused': { attempt: 'deferred', says: /454/ },
  'tls-broken': { attempt: 'delivered', says: /TLS was offered and failed/ },
  'expired-cert': { attempt: 'delivered', says: /expired/ },
  'wrong-cert': { attempt: 'delivered', says: /another\.example/ },
  'unknown-ca': { attempt: 'delivered', says: /Nobody knows this CA/ },
  'one-letter-a-connection': { attempt: 'delivered', says: /250/ },
  greylisting: { attempt: 'deferred', says: /451/ },
  'mailbox-full': { attempt: 'deferred', says: /452/ },
  'no-such-user': { attempt: 'failed', says: /550/ },
  'no-data': { attempt: 'deferred', says: /451/ },
  spam: { attempt: 'failed', says: /554/ },
  'hangs-up': { attempt: 'deferred', says: /may have taken it/ },
  'lost-reply': { attempt: 'deferred', says: /may have taken it/, arrives: 2 },
  'slow-answer': { attempt: 'delivered', says: /250/ },
  'endless-reply': { attempt: 'deferred', says: /long|big|octets/ },
  'cut-reply': { attempt: 'deferred', says: /connection was lost/i },
  nonsense: { attempt: 'deferred', says: /sense|no reply/ },
  'dns-broken': { attempt: 'deferred', says: /servfail/ },
  'dns-down': { attempt: 'deferred', says: /no-resolver/ },
  'dns-lies': { attempt: 'deferred', says: /203\.0\.113\.99/ },
}
/** Not of the way between the two servers, or the same as another but for chance or time. */
const elsewhere = ['login-refused', 'dns-changes']

test('each named fault is expected here', () => {
  const names = [...Object.keys(expected), ...elsewhere]
  assert.deepEqual(names.toSorted(), namedFaults.map(({ name }) => name).toSorted())
})

test('a letter survives every fault that is not for good, and its record says what happened', async (t) => {
  const lab = await open(t)
  const tools = labTools(lab)
  const { store } = lab.north
  const inbox = async (): Promise<number> => {
    const [box] = await lab.south.store.mailboxes.list(receiver)
    return box?.messages ?? 0
  }
  for (const [name, { attempt, says, arrives }] of Object.entries(expected)) {
    await t.test(name, { timeout: 8000 }, async () => {
      const before = await inbox()
      // No connection is kept from the letter before, and what its answer paused goes on.
      lab.clock.advance(2 * 3_600_000)
      // Faults hold for the port of users too: the letter comes in before, and waits for the fault.
      lab.faults.set([parseFault('dial:refused')])
      const message = `From: ${sender}\r\nTo: ${receiver}\r\nSubject: ${name}\r\n\r\nHello.\r\n`
      const id = await tools.submit({ mailFrom: sender, rcptTo: receiver, message })
      const attempts = async (): Promise<number> => {
        const { view } = await journeyIn(store, id)
        return view.steps.filter((step) => step.id === 'attempt').length
      }
      await until(lab, async () => (await attempts()) === 1)
      const fault = { ...parseFault(name), probability: 100 }
      const struck = Promise.withResolvers<void>()
      const strike = lab.faults.strike.bind(lab.faults)
      t.mock.method(lab.faults, 'strike', (...asked: Parameters<typeof strike>) => {
        const found = strike(...asked)
        if (found !== undefined) struck.resolve()
        // The time for one question is over, without waiting for it.
        if (found?.what === 'timeout') void soon().then(() => lab.clock.advance(10_000))
        return found
      })
      lab.faults.set([fault])
      // What is still held back for the connection that failed is put off once more, untried.
      const tried = until(lab, async () => {
        if ((await attempts()) === 2) return true
        await toNextAttempt(lab)
        return false
      })
      if (fault.what === 'stall' || fault.delayMs > 0) {
        await struck.promise
        await soon()
        lab.clock.advance(fault.what === 'stall' ? 11 * 60_000 : fault.delayMs)
      }
      await tried
      const { view } = await journeyIn(store, id)
      assert.match(JSON.stringify(view), says)
      lab.faults.set([])
      t.mock.restoreAll()
      await tools.untilOver(id)
      const after = await journeyIn(store, id)
      assert.equal(after.view.outcome.status, attempt === 'failed' ? 'failed' : 'delivered')
      assert.equal(await attempts(), attempt === 'deferred' ? 3 : 2)
      assert.equal((await inbox()) - before, arrives ?? (attempt === 'failed' ? 0 : 1))
    })
  }
})

test('login-refused: a right password is refused, and nothing else is', async (t) => {
  const lab = await open(t)
  const plain = Buffer.from(`\0${sender}\0${labPassword}`).toString('base64')
  const login = async (code: number): Promise<void> => {
    const talk = await SmtpTalk.greeted(lab.ports.submissions, { tls: true })
    await talk.say(`AUTH PLAIN ${plain}`, code)
    await talk.say(`MAIL FROM:<${sender}>`, code === 235 ? 250 : 530)
    talk.destroy()
  }
  lab.faults.set([parseFault('login-refused')])
  await login(535)
  const stranger = await SmtpTalk.greeted(lab.ports.smtp)
  await stranger.say('MAIL FROM:<ann@west.example>', 250)
  stranger.destroy()
  lab.faults.set([])
  await login(235)
})

/** The other side of the same connection hears of it in the next turns of the event loop. */
async function soon(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Looks whenever north has written something, until it is so. */
async function until(lab: Lab, isSo: () => Promise<boolean>): Promise<void> {
  const changes = lab.north.store.changes({ only: ['journey'] })
  while (!(await isSo())) await changes.next()
  await changes.return?.()
}

/** Sets the clock to the next attempt of what waits. */
async function toNextAttempt(lab: Lab): Promise<void> {
  const [item] = await lab.north.store.queue.list({ limit: 1 })
  lab.clock.advance(Math.max(0, (item?.nextAttemptAt ?? 0) - lab.clock.now()) + 1000)
  lab.north.site.wakeQueue()
}

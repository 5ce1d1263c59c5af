import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Zone } from '../../dns/zone-table.ts'
import { readDsn } from '../../report/read-dsn.ts'
import { journeyIn, type TestJourney } from './replay-all.ts'
import { referenceIn, SmtpTalk } from './smtp-talk.ts'
import { openTestSite, storedText, type TestSite, type TestSiteOptions } from './test-site.ts'
import { TestNetwork } from './test-network.ts'
import { northZone, password, receiver as user } from './south.ts'

/** The addresses of north's servers. */
export const first = '192.0.2.10'
export const second = '192.0.2.20'

/** North with a server for mail and another behind it. */
export const twoExchanges: Zone = {
  'north.example': { MX: ['20 backup.north.example', '10 mx.north.example'] },
  'mx.north.example': { A: [first] },
  'backup.north.example': { A: [second] },
}

/** South, with a user who sends letters to north. */
export interface Sender {
  readonly south: TestSite
  readonly network: TestNetwork
  /** Submits a letter; gives its id. */
  readonly submit: (input?: {
    readonly to?: readonly string[]
    readonly from?: string
    readonly parameters?: string
    readonly wishes?: string
    readonly text?: string
    /** Fields of the header beside those that each letter has, with LF behind each. */
    readonly header?: string
  }) => Promise<string>
  /** The journey, once it has been settled `times` times. */
  readonly settled: (id: string, times: number) => Promise<TestJourney>
  /** Sets the clock ahead to the next attempt. */
  readonly goOn: () => Promise<void>
}

/** Opens south, whose way to the world is a network of the test. */
export async function openSender(t: TestContext, options: TestSiteOptions = {}): Promise<Sender> {
  const network = new TestNetwork()
  const south = await openTestSite(t, { zone: northZone, dialer: network, ...options })
  const read = south.store
  return {
    south,
    network,
    async submit(input = {}) {
      const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
      await talk.login(user, password, 235)
      const { to = ['someone@north.example'], from = user, parameters = '', wishes = '' } = input
      await talk.say(`MAIL FROM:<${from}>${parameters}`, 250)
      for (const one of to) await talk.say(`RCPT TO:<${one}>${wishes}`, 250)
      const said = await talk.data(
        `From: ${user}\nSubject: x\nMessage-ID: <q@south.example>\n${input.header ?? ''}\n${input.text ?? 'Hello'}\n`,
      )
      await talk.quit()
      return referenceIn(said)
    },
    async settled(id, times) {
      await south.when(async () => {
        const found = await read.journeys.find(id)
        if (found.type !== 'found') return undefined
        return found.journey.appended.length >= times ? true : undefined
      })
      return await journeyIn(read, id)
    },
    async goOn() {
      const [item] = await read.queue.list({ limit: 1 })
      assert.ok(item !== undefined, 'something waits')
      south.clock.advance(item.nextAttemptAt - south.clock.now() + 1)
      south.site.wakeQueue()
    },
  }
}

/** How the attempts of a journey went. */
export function attempts({ record }: TestJourney): readonly string[] {
  return record.steps.flatMap((step) => (step.type === 'attempt' ? [step.result] : []))
}

/** The one report in the sender's mailbox, read. */
export async function reportIn({ store }: TestSite): Promise<ReturnType<typeof readDsn>> {
  const [row, ...more] = await store.mailboxes.items({ account: user })
  assert.ok(row !== undefined && more.length === 0, 'there is one report')
  return readDsn(Buffer.from(await storedText(store, row.messageId), 'latin1'))
}

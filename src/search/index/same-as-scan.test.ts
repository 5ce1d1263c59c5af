import assert from 'node:assert/strict'
import { test } from 'node:test'
import { now } from '../../store/contract-cases.ts'
import { parseQuery } from '../query.ts'
import { scan } from '../scan.ts'
import { type Letter, put, withIndex } from './test-support/indexed-store.ts'

interface Chances {
  readonly pick: <T>(from: readonly T[]) => T
  readonly below: (end: number) => number
}

/** The same numbers in each run. */
function chances(seed: number): Chances {
  let state = seed
  const below = (end: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * end)
  }
  return {
    below,
    pick(from) {
      const one = from[below(from.length)]
      if (one === undefined) throw new Error('nothing to pick from')
      return one
    },
  }
}

const vocabulary = (
  'invoice inv Rechnung Zürich ZURICH ﬁne fine x\u200by évil evil 発注書 発注 書 2026 20 a ab ' +
  'Привет ПРИВЕТ it\'s naïve ǅ ß ss ١٢ ½ İstanbul istanbul OR NEAR x* "q" שלום 한국어 한국'
).split(' ')

const fixedTerms = (
  'cc:carl|to:@south|to:anna|cc:anna|from:north|author:example|is:in|is:out|status:refused|' +
  'status:delivered|has:attachment|larger:1k|smaller:1k|took:>5s|took:<5s|tls:yes|tls:no|' +
  'tls:tlsv1.3|spf:pass|dmarc:fail|code:5|code:55|code:5.7|code:5.7.26|code:250|helo:SOUTH|' +
  'id:one1|id:E1|ip:192.0.2.1|account:bob@south.example|account:anna@north.example|' +
  'message-id:ONE1@north.example'
).split('|')

const people = ['anna@north.example', 'Bob@South.example', 'böb@süd.example', 'x@x-y.example', '']

function randomLetter(chance: Chances): Letter {
  const { pick, below } = chance
  const some = (most: number): string =>
    Array.from({ length: below(most + 1) }, () => pick(vocabulary)).join(pick([' ', ', ', '-']))
  return {
    subject: some(4),
    text: some(8),
    from: pick(people),
    to: [pick(people.slice(0, 4)), pick(people.slice(0, 4))].slice(below(2)),
    author: [pick(people), pick(people.slice(0, 4))].slice(below(2)).join(', '),
    cc: pick(['', '', 'Carl <carl@copy.example>', 'anna@north.example']),
    attachment: below(4) === 0,
    status: pick(['delivered', 'quarantined', 'refused']),
    ip: pick(['192.0.2.1', '192.0.2.10', '2001:db8::1']),
    helo: pick(['Client.example', 'mail.south.example']),
    login: pick(['', 'anna@north.example', 'Bob@South.example']),
    code: pick([250, 550, 554, 450]),
    enhanced: pick(['2.0.0', '5.7.1', '5.7.26', '5.71.1']),
    octets: pick([0, 1023, 1024, 1025, 100_000]),
    tookMs: pick([0, 4999.5, 5000, 5000.5]),
    tls: pick(['', 'TLSv1.2', 'TLSv1.3']),
    startedAt: now + below(5) - 2,
  }
}

function randomQuery({ pick, below }: Chances): string {
  const word = (): string => pick(vocabulary).replaceAll('"', '')
  const someone = (): string => pick(people.slice(0, 4))
  const term = (): string =>
    pick([
      word(),
      word(),
      `"${word()} ${word()}"`,
      `"${word()}"`,
      `body:${word()}`,
      `subject:${word()}`,
      `to:${someone()}`,
      `from:${someone()}`,
      `author:${someone()}`,
      `since:${new Date(now).toISOString()}`,
      pick(fixedTerms),
      pick(fixedTerms),
      pick(fixedTerms),
    ])
  return Array.from({ length: 1 + below(4) }, () => pick(['', '', '-']) + term()).join(' ')
}

test('the index finds exactly what reading each message finds', async () => {
  await withIndex(async ({ store, followed, follow: catchUp, ask }) => {
    const chance = chances(42)
    for (let i = 0; i < 40; i++) await put(store, `ONE${i}`, randomLetter(chance))
    await catchUp()
    let found = 0
    for (let i = 0; i < 250; i++) {
      const text = randomQuery(chance)
      const query = parseQuery(text, now)
      // A word without a letter is no query.
      if (!query.ok) continue
      const page = { limit: chance.pick([1000, 3]) }
      const read = await scan(followed.ports, query.value, page)
      const indexed = await ask(text, page)
      assert.deepEqual(indexed?.rows, read.rows, text)
      found += read.rows.length
    }
    assert.ok(found > 250, 'the queries find something')
  })
})

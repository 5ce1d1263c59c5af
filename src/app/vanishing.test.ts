import assert from 'node:assert/strict'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { testsOf } from './test-support/both-ways.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite } from './test-support/test-site.ts'
import { northZone, receiver } from './test-support/south.ts'

const test = testsOf('vanishing')

test('a client that vanishes before the verdict leaves one record, no letter and no fault', async (t) => {
  const known = new MemoryResolver({
    ...northZone,
    '_dmarc.north.example': { TXT: ['v=DMARC1; p=none'] },
  })
  const asked = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const resolver: Resolver = {
    async resolve(name, type) {
      if (name === '_dmarc.north.example') {
        asked.resolve()
        await held.promise
      }
      return known.resolve(name, type)
    },
  }
  const south = await openTestSite(t, { resolver, replay: false })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('MAIL FROM:<sender@north.example>', 250)
  await talk.say(`RCPT TO:<${receiver}>`, 250)
  await talk.say('DATA', 354)
  talk.write('From: sender@north.example\r\n\r\nHello\r\n.\r\n')
  await asked.promise
  // So many that one of them is where the first is, however many threads there are.
  const others = [
    await SmtpTalk.greeted(south.ports.smtp),
    await SmtpTalk.greeted(south.ports.smtp),
  ]
  talk.reset()
  // A later connection is answered, so the end of the first has been seen.
  for (const other of others) for (let i = 0; i < 20; i++) await other.say('NOOP', 250)
  held.resolve()
  const [row, ...more] = await south.when(async () => {
    const rows = await south.store.journeys.list({ limit: 10 })
    return rows.length > 0 ? rows : undefined
  })
  for (const other of others) await other.quit()
  await south.close()
  assert.ok(row !== undefined)
  assert.deepEqual(more, [])
  assert.deepEqual(south.reported, [])
  // Nobody was told that it was taken, so the client comes again: one letter, not two.
  const store = await south.left()
  assert.equal((await store.mailboxes.items({})).length, 0)
  const { record } = await journeyIn(store, row.id)
  assert.equal(record.outcome.status, 'dropped')
})

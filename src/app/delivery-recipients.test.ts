/** What becomes of the recipients of one letter when a server does not take them all at once. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { encodeUtf8, octetString } from '../base/octets.ts'
import { type Act, FakeServer, type FakeServerOptions } from './test-support/fake-server.ts'
import type { TestJourney } from './test-support/replay-all.ts'
import { attempts, first, openSender } from './test-support/sender.ts'

const people = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@north.example`)

/** Sends one letter to several people at north, whose server is this. */
async function send(
  t: TestContext,
  options: FakeServerOptions,
  letter: { readonly to: readonly string[]; readonly parameters?: string },
): Promise<{ readonly journey: TestJourney; readonly server: FakeServer }> {
  const { network, submit, settled } = await openSender(t)
  const server = await FakeServer.open(t, options)
  network.at(first, server.port)
  const id = await submit(letter)
  return { journey: await settled(id, letter.to.length), server }
}

/** Takes so many recipients a transaction, and says this to each further one. */
function takesAtOnce(most: number, refusal: string): FakeServerOptions {
  let taken = 0
  return {
    answer: (stage): Act | undefined => {
      if (stage === 'mail') taken = 0
      return stage === 'rcpt' && ++taken > most ? refusal : undefined
    },
  }
}

for (const refusal of ['452 4.5.3 one at a time', '452 too many', '552 too many recipients']) {
  test(`who hears "${refusal}" behind others that were taken gets the letter in a transaction of its own`, async (t) => {
    for (const most of [1, 2]) {
      const { journey, server } = await send(t, takesAtOnce(most, refusal), { to: people })
      assert.equal(journey.status, 'delivered')
      assert.deepEqual(new Set(attempts(journey)), new Set(['delivered']))
      assert.equal(server.connections, 1)
      assert.deepEqual(
        server.letters.map(({ rcpt }) => rcpt.length),
        most === 1 ? [1, 1, 1, 1, 1] : [2, 2, 1],
      )
      // What the server has room for is learned once: nobody is named who would be refused.
      const named = server.lines.filter((line) => line.startsWith('RCPT')).length
      assert.equal(named, people.length + people.length - most)
    }
  })
}

test('a server that takes no recipient, or is full for one, is asked again later', async (t) => {
  const none = await send(t, takesAtOnce(0, '452 4.5.3 too many'), { to: people })
  assert.deepEqual(new Set(attempts(none.journey)), new Set(['deferred']))
  assert.equal(none.server.lines.filter((line) => line.startsWith('MAIL')).length, 1)
  const full: FakeServerOptions = {
    answer: (stage, line) => {
      return stage === 'rcpt' && line.includes('<b@') ? '452 4.2.2 mailbox full' : undefined
    },
  }
  const { journey, server } = await send(t, full, { to: people })
  const waiting = attempts(journey).filter((one) => one === 'deferred')
  assert.deepEqual([attempts(journey).length, waiting.length], [5, 1])
  assert.equal(server.lines.filter((line) => line.startsWith('MAIL')).length, 1)
})

test('a server without SMTPUTF8 gets the letter for those whose addresses do not need it', async (t) => {
  const wide = octetString(encodeUtf8('jörg@north.example'))
  const letter = { to: ['a@north.example', wide, 'b@north.example'], parameters: ' SMTPUTF8' }
  const { journey, server } = await send(t, {}, letter)
  assert.deepEqual(
    journey.view.recipients.map(({ address, status }) => [address, status]),
    [
      ['a@north.example', 'delivered'],
      ['jörg@north.example', 'failed'],
      ['b@north.example', 'delivered'],
    ],
  )
  assert.deepEqual(
    server.letters.map(({ rcpt }) => rcpt.length),
    [2],
  )
  const able = await send(t, { keywords: ['SMTPUTF8'] }, letter)
  assert.equal(able.journey.status, 'delivered')
  const marked = able.server.letters.filter(({ mail }) => mail.endsWith(' SMTPUTF8'))
  assert.deepEqual([able.server.letters.length, marked.length], [2, 1])
})

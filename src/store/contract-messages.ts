import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import {
  acceptance,
  journey,
  mailboxItem,
  message,
  now,
  octetsFor,
  octetsOf,
  queueItem,
  readable,
  snapshot,
  textOf,
  storeTests,
  equalOctets,
  patterned,
  there,
} from './contract-cases.ts'
import { contentOf } from './ports/contents.ts'

const header = 'Subject: hello\r\nAuthentication-Results: forged\r\n\r\n'

const whole = `${header}body\r\n`

export function registerMessageTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('a message is read with its prefix and without what is left out', async (store) => {
    const prefix = octetsFor('Received: by us\r\n')
    const stored = message('m1', whole, { prefix, omit: [[16, 48]] })
    await store.post.accept(acceptance({ message: stored, mailbox: [mailboxItem()] }))
    const opened = await store.messages.open('m1')
    assert.equal(await textOf(opened), 'Received: by us\r\nSubject: hello\r\n\r\nbody\r\n')
    assert.equal((await store.mailboxes.items({}))[0]?.size, opened?.size)
    assert.deepEqual(await octetsOf(there(opened).original()), octetsFor(whole))
  })

  storeTest('every way to leave out ranges reads as plain cutting does', async (store) => {
    const text = 'abcdef'
    const cuts: [number, number][][] = [
      [],
      [[0, 6]],
      [[0, 0]],
      [
        [2, 2],
        [2, 4],
      ],
    ]
    for (let a = 0; a <= 6; a++) {
      for (let b = a; b <= 6; b++)
        cuts.push(
          [[a, b]],
          [
            [0, a],
            [b, 6],
          ],
        )
    }
    for (const [i, omit] of cuts.entries()) {
      await store.post.accept(acceptance({ message: message(`m${i}`, text, { omit }) }))
      const kept = Array.from(text).filter((_, at) => !omit.some(([s, e]) => s <= at && at < e))
      assert.equal(await textOf(await store.messages.open(`m${i}`)), kept.join(''))
    }
  })

  storeTest('ranges out of order or out of bounds are refused', async (store) => {
    for (const omit of [
      [[2, 1]],
      [[0, 7]],
      [[-1, 2]],
      [
        [3, 4],
        [0, 1],
      ],
      [
        [0, 3],
        [2, 4],
      ],
      [[0.5, 1]],
    ]) {
      const ranges = omit.map(([start = 0, end = 0]) => [start, end] as const)
      const bad = acceptance({ message: message('m1', 'abcdef', { omit: ranges }) })
      await assert.rejects(store.post.accept(bad), /out of order/)
    }
    assert.equal(await store.messages.open('m1'), undefined)
  })

  storeTest('an empty content and an empty prefix are a message too', async (store) => {
    await store.post.accept(acceptance({ message: message('m1', '') }))
    assert.equal(await textOf(await store.messages.open('m1')), '')
  })

  storeTest('an unknown message is not there', async (store) => {
    assert.equal(await store.messages.open('nobody'), undefined)
    return Promise.resolve()
  })

  storeTest('what refers to a message that is not there is refused as a whole', async (store) => {
    const good = acceptance({ message: message('m1', 'x'), journeys: [journey('JOURNEY1')] })
    for (const bad of [
      { ...good, mailbox: [mailboxItem({ messageId: 'm2' })] },
      { ...good, queue: [queueItem('q1'), queueItem('q2', { messageId: 'm2' })] },
      { ...good, journeys: [journey('A'), journey('B', { messageId: 'm2' })] },
    ]) {
      await assert.rejects(store.post.accept(bad), /no message m2/)
      assert.deepEqual(await store.counts(), { messages: 0, queued: 0, held: 0, journeys: 0 })
    }
  })

  storeTest('of many at once, only the bad ones fail', async (store) => {
    const ids = Array.from({ length: 60 }, (_, i) => `m${i}`)
    const outcomes = await Promise.allSettled(
      ids.map((id, i) => {
        // Every third takes an id that is taken by then.
        const messageId = i % 3 === 2 ? 'm0' : id
        return store.post.accept(
          acceptance({
            message: message(messageId, `letter ${i}`),
            mailbox: [mailboxItem({ messageId })],
            journeys: [journey(`JOURNEY-${i}`, { messageId })],
          }),
        )
      }),
    )
    const good = ids.filter((_, i) => i % 3 !== 2)
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ids.map((_, i) => (i % 3 === 2 ? 'rejected' : 'fulfilled')),
    )
    assert.equal((await store.counts()).messages, good.length)
    assert.deepEqual(
      (await store.mailboxes.items({})).map(({ messageId }) => messageId),
      good,
    )
    for (const id of good) {
      assert.equal(await textOf(await store.messages.open(id)), `letter ${id.slice(1)}`)
    }
  })

  storeTest('equal content is stored once and kept until its last message goes', async (store) => {
    for (const n of [1, 2]) {
      const stored = message(`m${n}`, 'equal', { prefix: octetsFor(`${n}:`) })
      const journeys = [journey(`JOURNEY${n}`, { messageId: `m${n}`, startedAt: now + n })]
      await store.post.accept(acceptance({ message: stored, journeys }))
    }
    const first = await store.retention.prune({ journeysBefore: now + 2 })
    assert.deepEqual(first, { journeys: 1, messages: 1, contents: 0, facts: 0 })
    assert.equal(await textOf(await store.messages.open('m2')), '2:equal')
    const second = await store.retention.prune({ journeysBefore: now + 3 })
    assert.deepEqual(second, { journeys: 1, messages: 1, contents: 1, facts: 0 })
  })

  storeTest(
    'one acceptance may hold several messages, also over the same content',
    async (store) => {
      for (const size of [10, 300_000, 600_000]) {
        const sink = store.contents.newContent()
        await sink.push(patterned(size))
        const content = await sink.finish()
        const [first, second, third] = [`a${size}`, `b${size}`, `c${size}`]
        await store.post.accept(
          acceptance({
            message: message(first, '', { content }),
            moreMessages: [
              message(second, '', { content, prefix: octetsFor('Return-Path: <>\r\n') }),
              message(third, `a report ${size}`),
            ],
            queue: [queueItem(`q${size}`, { messageId: first })],
            mailbox: [mailboxItem({ messageId: second }), mailboxItem({ messageId: third })],
            journeys: [journey(`JOURNEY-${size}`, { messageId: first })],
          }),
        )
        const plain = await octetsOf(there(await store.messages.open(first)).chunks())
        assert.ok(equalOctets(plain, patterned(size)))
        const filed = await octetsOf(there(await store.messages.open(second)).chunks())
        assert.equal(filed.length, size + 'Return-Path: <>\r\n'.length)
        assert.ok(equalOctets(filed.subarray(-size), patterned(size)))
        assert.equal(await textOf(await store.messages.open(third)), `a report ${size}`)
      }
    },
  )

  storeTest('of several messages with one bad one, none is kept', async (store) => {
    const good = message('m1', 'x')
    const twice = acceptance({ message: good, moreMessages: [message('m1', 'y')] })
    await assert.rejects(store.post.accept(twice))
    const lie = { ...contentOf(octetsFor('abc')), size: 4 }
    const wrong = acceptance({ message: good, moreMessages: [message('m2', '', { content: lie })] })
    await assert.rejects(store.post.accept(wrong), /size or hash/)
    assert.deepEqual(await store.counts(), { messages: 0, queued: 0, held: 0, journeys: 0 })
  })

  storeTest('after close nothing is taken, and closing twice is fine', async (store) => {
    const last = store.post.accept(acceptance({ message: message('m1', 'x') }))
    await Promise.all([store.close(), store.close()])
    await last
    await assert.rejects(store.post.accept(acceptance({ message: message('m2', 'x') })), /closed/)
  })

  storeTest('a snapshot of an empty store is empty', async (store) => {
    assert.deepEqual(await snapshot(readable(store)), {
      counts: { messages: 0, queued: 0, held: 0, journeys: 0 },
      found: [],
      queue: [],
      mailbox: [],
      mailboxes: [],
      messages: {},
      facts: [],
      keys: [],
      accounts: [],
      aliases: [],
      domains: [],
      acts: [],
      apiKeys: [],
      secondFactors: [],
      register: [],
      nextDueAt: undefined,
    })
  })
}

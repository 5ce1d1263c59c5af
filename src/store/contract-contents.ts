import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import {
  acceptance,
  journey,
  mailboxItem,
  message,
  octetsFor,
  octetsOf,
  queueItem,
  storeTests,
  equalOctets,
  patterned,
  there,
} from './contract-cases.ts'
import { contentOf } from './ports/contents.ts'
import type { NewContent } from './ports/post.ts'

export function registerContentTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('content with a wrong hash or size is refused', async (store) => {
    const right = contentOf(octetsFor('abc'))
    const lies: NewContent[] = [
      { ...right, sha256: contentOf(octetsFor('abd')).sha256 },
      { ...right, size: 4 },
    ]
    for (const content of lies) {
      const bad = acceptance({ message: message('m1', '', { content }) })
      await assert.rejects(store.post.accept(bad), /size or hash/)
    }
    assert.equal((await store.counts()).messages, 0)
  })

  storeTest('a sink gives the same content however the octets are cut', async (store) => {
    // Around the first buffer (16 KiB), its doublings and the end of memory (256 KiB).
    const sizes = [0, 1, 16383, 16384, 16385, 262143, 262144, 262145, 524288, 1_500_000]
    for (const size of sizes) {
      const octets = patterned(size)
      for (const cut of new Set([size, 1000, 4099, 65536, 262144, 300_000])) {
        const sink = store.contents.newContent()
        for (let at = 0; at < size; at += cut) {
          const chunk = octets.slice(at, at + cut)
          await sink.push(chunk)
          chunk.fill(0) // the caller may use its buffer again
        }
        const content = await sink.finish()
        assert.equal(content.sha256, contentOf(octets).sha256)
        const id = `m-${size}-${cut}`
        await store.post.accept(acceptance({ message: message(id, '', { content }) }))
        const read = await octetsOf(there(await store.messages.open(id)).original())
        assert.ok(equalOctets(read, octets), `${size} octets cut at ${cut}`)
      }
    }
  })

  storeTest('long content is cut by ranges as short content is', async (store) => {
    const octets = patterned(700_000)
    const omit = [
      [0, 5],
      [65_000, 66_000],
      [300_000, 600_000],
      [699_999, 700_000],
    ] as const
    const stored = message('m1', '', { content: contentOf(octets), prefix: octetsFor('P'), omit })
    await store.post.accept(acceptance({ message: stored }))
    const expected = Buffer.concat([
      Buffer.from('P'),
      octets.subarray(5, 65_000),
      octets.subarray(66_000, 300_000),
      octets.subarray(600_000, 699_999),
    ])
    const opened = await store.messages.open('m1')
    assert.equal(opened?.size, expected.length)
    assert.ok(equalOctets(await octetsOf(there(opened).chunks()), expected))
  })

  storeTest('an aborted sink leaves nothing, and the store goes on', async (store) => {
    for (const size of [10, 600_000]) {
      const sink = store.contents.newContent()
      await sink.push(patterned(size))
      sink.abort()
      sink.abort()
      assert.throws(() => sink.push(octetsFor('more')), /after the end/)
    }
    await store.post.accept(acceptance({ message: message('m1', 'x') }))
  })

  storeTest('text comes back as it was: quotes, NUL, emoji, other scripts', async (store) => {
    const odd = 'a"b\'c\\d\u0000e\n%_\u{1f4ec}Пётр 用户'
    await store.post.accept(
      acceptance({
        message: message('m1', odd),
        mailbox: [mailboxItem({ account: odd })],
        journeys: [
          journey('JOURNEY1', { mailFrom: odd, rcptTo: [odd], subject: odd, summary: odd }),
        ],
        queue: [queueItem('q1', { recipient: odd, dsn: { envelopeId: odd } })],
      }),
    )
    const [row] = await store.journeys.list({ limit: 1 })
    assert.deepEqual([row?.mailFrom, row?.rcptTo, row?.subject], [odd, [odd], odd])
    assert.equal((await store.mailboxes.items({ account: odd })).length, 1)
    const [item] = await store.queue.list({ limit: 1 })
    assert.deepEqual([item?.recipient, item?.dsn], [odd, { envelopeId: odd }])
  })
}

import assert from 'node:assert/strict'
import { parseFilters } from '../journey/filter.ts'
import type { OpenUnderTest } from './contract-cases.ts'
import {
  acceptance,
  journey,
  lease,
  message,
  minuteMs,
  now,
  queueItem,
  settlement,
  storeTests,
} from './contract-cases.ts'
import type { JourneyRecipient } from './ports/post.ts'

export function registerSearchTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('a search finds the journeys that fit all of a filter', async (store) => {
    const recipient = (address: string, status: string, accounts = ''): JourneyRecipient => {
      return { address, status, accounts }
    }
    const [anna, bob, carl] = ['anna@north.example', 'bob@south.example', 'Carl@south.example']
    const journeys = [
      journey('IN01', {
        startedAt: now + 5 * minuteMs,
        status: 'delivered',
        mailFrom: 'Bounce@list.example',
        author: `${anna}, eve@east.example`,
        subject: 'The Meeting on Monday',
        ip: '192.0.2.10',
        recipients: [recipient(bob, 'delivered', `${bob} x@south.example`)],
      }),
      journey('OUT1', {
        direction: 'out',
        startedAt: now + 1,
        status: 'partly delivered',
        mailFrom: bob,
        author: bob,
        login: bob,
        subject: 'Re: the meeting',
        headerMessageId: '<one@south.example>',
        recipients: [recipient(anna, 'failed'), recipient(carl, 'delivered', carl)],
      }),
      journey('DROP', { startedAt: now + 2, status: 'dropped', mailFrom: '', recipients: [] }),
    ]
    for (const one of journeys) await store.post.accept(acceptance({ journeys: [one] }))
    const table: readonly (readonly [words: string, ids: string])[] = [
      ['', 'DROP OUT1 IN01'],
      ['to:bob@south.example', 'IN01'],
      ['to:BOB@south.example', 'IN01'],
      ['to:carl@SOUTH.example', 'OUT1'],
      ['to:ob@south.example', ''],
      ['to:@south.example', 'OUT1 IN01'],
      ['to:ANNA', 'OUT1'],
      ['from:bounce@list.example', 'IN01'],
      ['from:list', 'IN01'],
      ['from:<>', 'DROP'],
      ['author:eve@east.example', 'IN01'],
      ['author:ve@east.example', ''],
      ['author:east', 'IN01'],
      ['author:bob@south.example', 'OUT1'],
      ['status:delivered', 'IN01'],
      ['status:partly', 'OUT1'],
      ['status:partly-delivered', 'OUT1'],
      ['status:failed', ''],
      // Beside a recipient the status is that of this recipient.
      ['to:anna@north.example status:failed', 'OUT1'],
      ['to:carl@south.example status:failed', ''],
      ['message-id:one@south.example', 'OUT1'],
      ['message-id:<IN01@north.example>', 'IN01'],
      ['ip:192.0.2.10', 'IN01'],
      ['ip:192.0.2.1', ''],
      ['account:bob@south.example', 'OUT1 IN01'],
      ['account:X@south.example', 'IN01'],
      ['account:carl@south.example', 'OUT1'],
      ['account:b@south.example', ''],
      ['subject:MEETING', 'OUT1 IN01'],
      ['subject:monday', 'IN01'],
      ['subject:meeting account:bob@south.example to:anna', 'OUT1'],
    ]
    for (const [words, wanted] of table) {
      const filter = parseFilters(words === '' ? [] : words.split(' '), now)
      assert.ok(filter.ok, words)
      const { rows, searchedAll } = await store.journeys.search({ filter: filter.value, limit: 10 })
      assert.equal(rows.map(({ id }) => id).join(' '), wanted, words)
      assert.equal(searchedAll, true)
    }
    const between = { since: now + 1, until: now + 2 }
    const timed = await store.journeys.search({ filter: between, limit: 10 })
    assert.deepEqual(
      timed.rows.map(({ id }) => id),
      ['OUT1'],
    )
    const first = await store.journeys.search({ filter: {}, limit: 2 })
    assert.deepEqual(
      first.rows.map(({ id }) => id),
      ['DROP', 'OUT1'],
    )
    const next = await store.journeys.search({ filter: {}, limit: 1, behind: 'DROP' })
    assert.deepEqual(
      next.rows.map(({ id }) => id),
      ['OUT1'],
    )
    const gone = await store.journeys.search({ filter: {}, limit: 1, behind: 'NONE' })
    assert.deepEqual(gone.rows, [])
  })

  storeTest('names and ids are found in whatever form they are asked for', async (store) => {
    const stored = journey('ODD1', {
      mailFrom: 'mx@xn--bcher-kva.example',
      author: 'Jörg@bücher.example',
      ip: '192.0.2.10',
      headerMessageId: 'no-brackets@north.example',
      recipients: [
        {
          address: 'anna@xn--bcher-kva.example',
          status: 'failed',
          accounts: 'anna@xn--bcher-kva.example',
        },
      ],
    })
    await store.post.accept(
      acceptance({ journeys: [stored, journey('NONE', { headerMessageId: '' })] }),
    )
    const fitting = [
      'to:anna@bücher.example',
      'to:ANNA@BÜCHER.example',
      'to:@bücher.example',
      'to:bücher.example',
      'to:xn--bcher-kva.example',
      'to:anna@bücher.example status:failed',
      'from:mx@bücher.example',
      'from:@bücher.example',
      'author:Jörg@xn--bcher-kva.example',
      'author:jörg@bücher.example',
      'author:Jörg@BÜCHER.EXAMPLE',
      'author:@xn--bcher-kva.example',
      'author:jörg',
      'account:anna@bücher.example',
      'account:anna@xn--bcher-kva.example',
      'ip:::ffff:192.0.2.10',
      'message-id:no-brackets@north.example',
      'message-id:<no-brackets@north.example>',
    ]
    for (const words of fitting) {
      const filter = parseFilters(words.split(' '), now)
      assert.ok(filter.ok, words)
      const { rows } = await store.journeys.search({ filter: filter.value, limit: 10 })
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['ODD1'],
        words,
      )
    }
    for (const words of ['to:anna@bucher.example', 'from:bücher@x.example', 'message-id:<>']) {
      const filter = parseFilters([words], now)
      assert.ok(filter.ok, words)
      const { rows } = await store.journeys.search({ filter: filter.value, limit: 10 })
      assert.deepEqual(rows, [], words)
    }
    const found = await store.journeys.find('<no-brackets@north.example>')
    assert.equal(found.type === 'found' && found.journey.id, 'ODD1')
  })

  storeTest('what waits is found by its own fields and by those of its journey', async (store) => {
    const letter = journey('JOURNEY1', {
      direction: 'out',
      messageId: 'm1',
      login: 'anna@north.example',
      ip: '192.0.2.7',
      subject: 'Hello',
      headerMessageId: '<a@b>',
    })
    const queue = [
      queueItem('q1', { recipient: 'bob@south.example' }),
      queueItem('q2', { recipient: 'carl@south.example', createdAt: now - minuteMs }),
      queueItem('q3', { recipient: 'dora@west.example', journeyId: 'gone' }),
    ]
    await store.post.accept(acceptance({ message: message('m1', 'x'), queue, journeys: [letter] }))
    await store.queue.lease(lease({ limit: 1 }))
    const outcome = { type: 'deferred', nextAttemptAt: now + 1, problem: 'x' } as const
    await store.queue.settle([settlement({ outcome, status: 'deferred' })])
    await store.queue.hold(['q3'])
    const table: readonly (readonly [words: string, ids: string])[] = [
      ['to:bob@south.example', 'q1'],
      ['to:south', 'q2 q1'],
      ['from:anna@north.example', 'q2 q3 q1'],
      ['from:nobody@north.example', ''],
      ['author:anna@north.example', 'q2 q1'],
      ['account:anna@north.example', 'q2 q1'],
      ['ip:192.0.2.7', 'q2 q1'],
      ['subject:hell', 'q2 q1'],
      ['message-id:a@b', 'q2 q1'],
      ['status:deferred', 'q1'],
      ['status:queued', 'q2 q3'],
      ['status:held', 'q3'],
      ['status:delivered', ''],
    ]
    for (const [words, wanted] of table) {
      const filter = parseFilters(words.split(' '), now)
      assert.ok(filter.ok, words)
      const found = await store.queue.list({ filter: filter.value, limit: 10 })
      assert.equal(found.map(({ id }) => id).join(' '), wanted, words)
    }
    assert.deepEqual(
      (await store.queue.list({ filter: { since: now }, limit: 10 })).map(({ id }) => id),
      ['q3', 'q1'],
    )
    assert.deepEqual(
      (await store.queue.list({ filter: { until: now }, limit: 10 })).map(({ id }) => id),
      ['q2'],
    )
    const status = { status: 'queued' }
    assert.equal((await store.queue.list({ filter: status, limit: 1 })).length, 1)
  })
}

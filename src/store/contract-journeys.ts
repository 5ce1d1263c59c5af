import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import {
  acceptance,
  journey,
  lease,
  mailboxItem,
  message,
  messagesThere,
  minuteMs,
  now,
  octetsFor,
  outgoing,
  queueItem,
  settlement,
  textOf,
  storeTests,
} from './contract-cases.ts'
import { parseFilters } from '../journey/filter.ts'
import type { FoundJourney } from './ports/journeys.ts'
import type { JourneyRecipient } from './ports/post.ts'

const hourMs = 60 * minuteMs

function idOf(found: FoundJourney): string | readonly string[] {
  switch (found.type) {
    case 'found':
      return found.journey.id
    case 'none':
      return 'none'
    case 'ambiguous':
      return found.ids
  }
}

/** Without the time of writing, which is the machine's; that it is there is checked. */
function whenWritten(found: FoundJourney): unknown {
  if (found.type !== 'found') return found
  const { writtenAt, ...journey } = found.journey
  assert.ok(writtenAt > 0)
  return { type: 'found', journey }
}

export function registerJourneyTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('a journey is found whole', async (store) => {
    await store.post.accept(outgoing())
    const { shared: _, ...expected } = outgoing().journeys[0] ?? journey('')
    assert.deepEqual(whenWritten(await store.journeys.find('JOURNEY1')), {
      type: 'found',
      journey: { ...expected, appended: [] },
    })
  })

  storeTest('a refused connection has a journey without a message', async (store) => {
    await store.post.accept(acceptance({ journeys: [journey('REFUSED1', { status: 'refused' })] }))
    const found = await store.journeys.find('REFUSED1')
    assert.equal(found.type === 'found' ? found.journey.messageId : 'no journey', undefined)
  })

  storeTest('steps are appended to a journey that was put down before', async (store) => {
    await store.post.accept(outgoing())
    const shared = [{ hash: 'fact-1', json: '{"n":1}' }]
    const later = { journeyId: 'journey1', steps: '[1]', shared }
    const gone = { journeyId: 'NOBODY', steps: '[2]', shared: [] }
    await store.post.accept(acceptance({ laterSteps: [later, gone] }))
    const journeys = [journey('JOURNEY2')]
    const second = { journeyId: 'JOURNEY2', steps: '[4]', shared: [] }
    await store.post.accept(
      acceptance({ journeys, laterSteps: [{ ...later, steps: '[3]' }, second] }),
    )
    const { shared: _, ...expected } = outgoing().journeys[0] ?? journey('')
    assert.deepEqual(whenWritten(await store.journeys.find('JOURNEY1')), {
      type: 'found',
      journey: { ...expected, appended: ['[1]', '[3]'] },
    })
    const other = await store.journeys.find('JOURNEY2')
    assert.deepEqual(other.type === 'found' ? other.journey.appended : undefined, ['[4]'])
    assert.deepEqual(Array.from(await store.journeys.sharedFacts(['fact-1'])), [
      ['fact-1', '{"n":1}'],
    ])
  })

  storeTest(
    'a journey is found by its place, the last written first, whatever its clock said',
    async (store) => {
      assert.equal(idOf(await store.journeys.find('last')), 'none')
      const starts = [3, 1, 2, 3]
      for (const [i, start] of starts.entries()) {
        await store.post.accept(
          acceptance({ journeys: [journey(`J${i}`, { startedAt: now + start })] }),
        )
      }
      const places = ['last', 'LAST', 'last:1', 'last:2', 'last:3', 'last:4', 'last:5', ' last ']
      assert.deepEqual(
        (await Promise.all(places.map((ref) => store.journeys.find(ref)))).map(idOf),
        ['J3', 'J3', 'J3', 'J2', 'J1', 'J0', 'none', 'J3'],
      )
      for (const ref of ['last:0', 'last:-1', 'last:x', 'last:', 'last:99999999999']) {
        assert.equal(idOf(await store.journeys.find(ref)), 'none', ref)
      }
    },
  )

  storeTest('a journey is found by its Message-ID and by what a person pastes', async (store) => {
    for (const id of ['01JD7Q4M7D2F', '01JD7Q4N8E3G']) {
      await store.post.accept(acceptance({ journeys: [journey(id)] }))
    }
    const twice = journey('01JE0000AAAA', { headerMessageId: '<01JD7Q4N8E3G@north.example>' })
    const without = journey('01JE0000BBBB', { headerMessageId: '' })
    await store.post.accept(acceptance({ journeys: [twice, without] }))
    const table: [ref: string, id: string | readonly string[]][] = [
      ['<01JD7Q4M7D2F@north.example>', '01JD7Q4M7D2F'],
      ['01JD7Q4M7D2F@north.example', '01JD7Q4M7D2F'],
      ['Message-ID: <01JD7Q4M7D2F@north.example>', '01JD7Q4M7D2F'],
      ['<01JD7Q4N8E3G@north.example>', ['01JE0000AAAA', '01JD7Q4N8E3G']],
      ['<nobody@north.example>', 'none'],
      ['Ref 01jd7q4m7d2f', '01JD7Q4M7D2F'],
      ['Ref: 01jd7q4m7d2f.', '01JD7Q4M7D2F'],
      ['550 5.1.1 There is no such mailbox here. Ref 01jd7q4m7d2f', '01JD7Q4M7D2F'],
      ['01jd7q4m7d2f.', '01JD7Q4M7D2F'],
      ['"01jd7q4m7d2f",', '01JD7Q4M7D2F'],
      ['7d2f)', '01JD7Q4M7D2F'],
      ['Ref', 'none'],
    ]
    for (const [ref, id] of table) assert.deepEqual(idOf(await store.journeys.find(ref)), id, ref)
  })

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

  storeTest('a journey is found by four characters of its start or end', async (store) => {
    const known = ['01JD7Q4M7D2F', '01JD7Q4N8E3G', '01JE0000AAAA', 'AB_DXXXXYYYY', 'ABCDXXXXZZZZ']
    for (const id of known) await store.post.accept(acceptance({ journeys: [journey(id)] }))
    const table: [ref: string, id: string | readonly string[]][] = [
      ['01JD7Q4M7D2F', '01JD7Q4M7D2F'],
      ['01jd7q4m7d2f', '01JD7Q4M7D2F'],
      ['01JD7Q4M', '01JD7Q4M7D2F'],
      ['7D2F', '01JD7Q4M7D2F'],
      ['8e3g', '01JD7Q4N8E3G'],
      ['01JE', '01JE0000AAAA'],
      ['AAAA', '01JE0000AAAA'],
      ['D2F', 'none'],
      ['Q4M7', 'none'],
      ['', 'none'],
      ['%%%%', 'none'],
      ['____', 'none'],
      ['AB_D', 'AB_DXXXXYYYY'],
      ['01JD7Q4M7D2F9', 'none'],
      ['01JD', ['01JD7Q4N8E3G', '01JD7Q4M7D2F']],
    ]
    for (const [ref, id] of table) assert.deepEqual(idOf(await store.journeys.find(ref)), id, ref)
  })

  storeTest(
    'a whole id wins over ids that begin with it, and a long list is cut',
    async (store) => {
      const known = ['ABCD', ...Array.from({ length: 12 }, (_, i) => `ABCDE${i + 10}`)]
      for (const id of known) await store.post.accept(acceptance({ journeys: [journey(id)] }))
      assert.equal(idOf(await store.journeys.find('abcd')), 'ABCD')
      assert.equal(idOf(await store.journeys.find('abcde')).length, 10)
    },
  )

  storeTest('ids that differ only in case are the same id', async (store) => {
    await store.post.accept(acceptance({ journeys: [journey('ABCD')] }))
    await assert.rejects(store.post.accept(acceptance({ journeys: [journey('abcd')] })))
  })

  storeTest('journeys are listed newest first, in pages without gaps', async (store) => {
    for (let i = 0; i < 25; i++) {
      const direction = i % 2 === 0 ? 'in' : 'out'
      const status = i % 5 === 0 ? 'refused' : 'delivered'
      const startedAt = now + Math.floor(i / 4) // four at each instant
      const one = journey(`JOURNEY-${i}`, { direction, status, startedAt })
      await store.post.accept(acceptance({ journeys: [one] }))
    }
    const all = (await store.journeys.list({ limit: 100 })).map(({ id }) => id)
    assert.deepEqual(
      all,
      Array.from({ length: 25 }, (_, i) => `JOURNEY-${24 - i}`),
    )
    const paged: string[] = []
    for (;;) {
      const behind = paged.at(-1)
      const page = await store.journeys.list({
        limit: 3,
        ...(behind === undefined ? {} : { behind }),
      })
      if (page.length === 0) break
      paged.push(...page.map(({ id }) => id))
    }
    assert.deepEqual(paged, all)
    const count = async (query: object): Promise<number> =>
      (await store.journeys.list({ limit: 100, ...query })).length
    assert.equal(await count({ direction: 'out' }), 12)
    assert.equal(await count({ status: 'refused' }), 5)
    assert.equal(await count({ status: 'refused', direction: 'in' }), 3)
    assert.equal(await count({ before: now + 2 }), 8)
    assert.equal(await count({ before: now }), 0)
    assert.equal(await count({ behind: 'NOBODY' }), 0)
  })

  storeTest('a shared fact is stored once, the first word of it', async (store) => {
    const facts = ['{"a":1}', '{"a":2}'].map((json) => [{ hash: 'fact-1', json }])
    for (const [i, shared] of facts.entries()) {
      await store.post.accept(acceptance({ journeys: [journey(`JOURNEY${i}`, { shared })] }))
    }
    assert.deepEqual(Array.from(await store.journeys.sharedFacts(['fact-1', 'unknown'])), [
      ['fact-1', '{"a":1}'],
    ])
  })

  storeTest('a DKIM key is kept, listed by age, and replaced by name', async (store) => {
    const key = {
      domain: 'north.example',
      selector: 's1',
      algorithm: 'rsa' as const,
      privateKey: 'PEM 1',
      createdAt: now,
      active: true,
    }
    const second = { ...key, selector: 's0', algorithm: 'ed25519' as const, createdAt: now + 1 }
    await store.keys.put(second)
    await store.keys.put(key)
    await store.keys.put({ ...key, domain: 'south.example' })
    assert.deepEqual(await store.keys.list('north.example'), [key, second])
    await store.keys.put({ ...key, active: false })
    assert.deepEqual(await store.keys.list('north.example'), [{ ...key, active: false }, second])
    assert.deepEqual(await store.keys.list('elsewhere.example'), [])
  })

  storeTest('pruning keeps what is younger, queued, or in a mailbox', async (store) => {
    const of = (n: number): { id: string; messageId: string } => ({
      id: `JOURNEY${n}`,
      messageId: `m${n}`,
    })
    for (let n = 1; n <= 5; n++) {
      const { id, messageId } = of(n)
      await store.post.accept(
        acceptance({
          message: message(messageId, `letter ${n}`),
          journeys: [journey(id, { messageId, startedAt: now + n })],
          mailbox: n === 2 ? [mailboxItem({ messageId, journeyId: id })] : [],
          queue: n === 3 ? [queueItem('q3', { messageId, journeyId: id })] : [],
        }),
      )
    }
    const removed = await store.retention.prune({ journeysBefore: now + 5 })
    assert.deepEqual(removed, { journeys: 3, messages: 2, contents: 2, facts: 0 })
    const left = (await store.journeys.list({ limit: 10 })).map(({ id }) => id)
    assert.deepEqual(left, ['JOURNEY5', 'JOURNEY3'])
    const there = await messagesThere(store, ['m1', 'm2', 'm3', 'm4', 'm5'])
    assert.deepEqual(there, ['m2', 'm3', 'm5'])
    assert.equal(await textOf(await store.messages.open('m2')), 'letter 2')
    await store.queue.lease(lease())
    await store.queue.settle([settlement({ queueId: 'q3' })])
    const then = await store.retention.prune({ journeysBefore: now + 100 })
    // That of the settled one went with its settlement.
    assert.deepEqual(then, { journeys: 2, messages: 1, contents: 1, facts: 0 })
  })

  storeTest(
    'connections without a letter go before letters, and letters before mail',
    async (store) => {
      const old = { startedAt: now - 2 }
      const dropped = { ...old, status: 'dropped', mailFrom: '' }
      await store.post.accept(
        acceptance({
          journeys: [
            journey('SCAN', { ...dropped, rcptTo: [] }),
            journey('SCAN-587', { ...dropped, rcptTo: [], direction: 'out' }),
            journey('SCAN-YOUNG', { ...dropped, rcptTo: [], startedAt: now }),
            journey('GIVEN-UP', dropped),
            journey('REFUSED', { ...old, status: 'refused', rcptTo: [] }),
            journey('MAIL', old),
          ],
        }),
      )
      const removed = await store.retention.prune({ journeysBefore: now - 3, scansBefore: now - 1 })
      assert.equal(removed.journeys, 2)
      const left = async (): Promise<string[]> =>
        (await store.journeys.list({ limit: 10 })).map(({ id }) => id)
      assert.deepEqual((await left()).sort(), ['GIVEN-UP', 'MAIL', 'REFUSED', 'SCAN-YOUNG'])
      await store.retention.prune({ journeysBefore: now - 1 })
      assert.deepEqual(await left(), ['SCAN-YOUNG'])
      // At its very start time a journey is not yet older than that.
      await store.retention.prune({ journeysBefore: now, scansBefore: now })
      assert.deepEqual(await left(), ['SCAN-YOUNG'])
    },
  )

  storeTest('the content of a refused letter goes before its journey', async (store) => {
    for (const [n, status] of ['refused', 'deferred', 'dropped', 'accepted'].entries()) {
      const messageId = `m${n}`
      const one = journey(`JOURNEY${n}`, { messageId, status, startedAt: now + n })
      await store.post.accept(acceptance({ message: message(messageId, `${n}`), journeys: [one] }))
    }
    const ours = journey('JOURNEY9', { messageId: 'm9', status: 'refused', direction: 'out' })
    await store.post.accept(acceptance({ message: message('m9', '9'), journeys: [ours] }))
    const request = { journeysBefore: now - 1, refusedBefore: now + 1 }
    const removed = await store.retention.prune(request)
    assert.deepEqual(removed, { journeys: 0, messages: 1, contents: 1, facts: 0 })
    const kept = (): Promise<string[]> => messagesThere(store, ['m0', 'm1', 'm2', 'm3', 'm9'])
    assert.deepEqual(await kept(), ['m1', 'm2', 'm3', 'm9'])
    const found = await store.journeys.find('JOURNEY0')
    assert.ok(found.type === 'found' && found.journey.messageId === undefined)
    await store.retention.prune({ ...request, refusedBefore: now + 100 })
    assert.deepEqual(await kept(), ['m3', 'm9'])
    assert.equal((await store.counts()).journeys, 5)
  })

  storeTest(
    'pruning goes through more than one step, and pauses between any two',
    async (store) => {
      for (let n = 0; n < 50; n++) {
        const journeys = Array.from({ length: 10 }, (_, i) =>
          journey(`J-${n}-${i}`, { startedAt: i === 9 ? now + 200 : now + i }),
        )
        await store.post.accept(acceptance({ journeys }))
      }
      const removed = await store.retention.prune({ journeysBefore: now + 100 })
      assert.equal(removed.journeys, 450)
      assert.equal((await store.counts()).journeys, 50)
    },
  )

  storeTest('content of sent mail is kept until the last recipient is settled', async (store) => {
    await store.post.accept(
      acceptance({
        message: message('m1', 'to both'),
        moreMessages: [message('m2', 'to both', { prefix: octetsFor('Return-Path: <>\r\n') })],
        queue: [queueItem('q1'), queueItem('q2')],
        mailbox: [mailboxItem({ messageId: 'm2' })],
        journeys: [journey('JOURNEY1', { direction: 'out', messageId: 'm1' })],
      }),
    )
    await store.queue.lease(lease())
    await store.queue.settle([settlement()])
    assert.equal(await textOf(await store.messages.open('m1')), 'to both')
    const outcome = { type: 'deferred' as const, nextAttemptAt: now, problem: '451' }
    await store.queue.settle([settlement({ queueId: 'q2', outcome })])
    assert.equal(await textOf(await store.messages.open('m1')), 'to both')
    await store.queue.lease(lease())
    await store.queue.settle([settlement({ queueId: 'q2', outcome: { type: 'failed' } })])
    assert.equal(await store.messages.open('m1'), undefined)
    assert.match(await textOf(await store.messages.open('m2')), /to both/)
    const found = await store.journeys.find('JOURNEY1')
    assert.ok(found.type === 'found' && found.journey.messageId === undefined)
  })

  storeTest('a shared fact stays as long as a journey may refer to it', async (store) => {
    const fact = (n: number): { hash: string; json: string } => ({
      hash: `fact-${n}`,
      json: `${n}`,
    })
    const put = (id: string, hours: number, facts: readonly number[]): Promise<void> => {
      const one = journey(id, { startedAt: now + hours * hourMs, shared: facts.map(fact) })
      return store.post.accept(acceptance({ journeys: [one] }))
    }
    const facts = async (): Promise<string[]> =>
      Array.from((await store.journeys.sharedFacts(['fact-1', 'fact-2'])).keys())
    await put('OLD1', 0, [1, 2])
    await put('NEW1', 10, [2])
    assert.equal((await store.retention.prune({ journeysBefore: now + hourMs })).facts, 1)
    assert.deepEqual(await facts(), ['fact-2'])
    // What was removed is stored anew when it comes back, also right behind the pruning.
    const pruning = store.retention.prune({ journeysBefore: now + 20 * hourMs })
    const again = put('NEW2', 11, [1, 2])
    await Promise.all([pruning, again])
    await put('NEW3', 12, [1, 2])
    assert.deepEqual(await facts(), ['fact-1', 'fact-2'])
  })
}

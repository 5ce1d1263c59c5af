import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenUnderTest } from './contract-cases.ts'
import {
  acceptance,
  journey,
  lease,
  mailboxItem,
  message,
  minuteMs,
  now,
  octetsFor,
  outgoing,
  queueItem,
  settlement,
  textOf,
} from './contract-cases.ts'
import { parseFilters } from '../journey/filter.ts'
import type { FoundJourney, FullStore, JourneyRecipient } from './store.ts'

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
  const storeTest = (title: string, run: (store: FullStore) => Promise<void>): void => {
    test(`${name}: ${title}`, async () => {
      const { store, dispose } = await open()
      try {
        await run(store)
      } finally {
        await dispose()
      }
    })
  }

  storeTest('a journey is found whole', async (store) => {
    await store.accept(outgoing())
    const { shared: _, ...expected } = outgoing().journeys[0] ?? journey('')
    assert.deepEqual(whenWritten(store.read.findJourney('JOURNEY1')), {
      type: 'found',
      journey: { ...expected, appended: [] },
    })
  })

  storeTest('a refused connection has a journey without a message', async (store) => {
    await store.accept(acceptance({ journeys: [journey('REFUSED1', { status: 'refused' })] }))
    const found = store.read.findJourney('REFUSED1')
    assert.equal(found.type === 'found' ? found.journey.messageId : 'no journey', undefined)
  })

  storeTest('steps are appended to a journey that was put down before', async (store) => {
    await store.accept(outgoing())
    const shared = [{ hash: 'fact-1', json: '{"n":1}' }]
    const later = { journeyId: 'journey1', steps: '[1]', shared }
    const gone = { journeyId: 'NOBODY', steps: '[2]', shared: [] }
    await store.accept(acceptance({ laterSteps: [later, gone] }))
    const journeys = [journey('JOURNEY2')]
    const second = { journeyId: 'JOURNEY2', steps: '[4]', shared: [] }
    await store.accept(acceptance({ journeys, laterSteps: [{ ...later, steps: '[3]' }, second] }))
    const { shared: _, ...expected } = outgoing().journeys[0] ?? journey('')
    assert.deepEqual(whenWritten(store.read.findJourney('JOURNEY1')), {
      type: 'found',
      journey: { ...expected, appended: ['[1]', '[3]'] },
    })
    const other = store.read.findJourney('JOURNEY2')
    assert.deepEqual(other.type === 'found' ? other.journey.appended : undefined, ['[4]'])
    assert.deepEqual(Array.from(store.read.sharedFacts(['fact-1'])), [['fact-1', '{"n":1}']])
  })

  storeTest(
    'a journey is found by its place, the last written first, whatever its clock said',
    async (store) => {
      assert.equal(idOf(store.read.findJourney('last')), 'none')
      const starts = [3, 1, 2, 3]
      for (const [i, start] of starts.entries()) {
        await store.accept(acceptance({ journeys: [journey(`J${i}`, { startedAt: now + start })] }))
      }
      const places = ['last', 'LAST', 'last:1', 'last:2', 'last:3', 'last:4', 'last:5', ' last ']
      assert.deepEqual(
        places.map((ref) => idOf(store.read.findJourney(ref))),
        ['J3', 'J3', 'J3', 'J2', 'J1', 'J0', 'none', 'J3'],
      )
      for (const ref of ['last:0', 'last:-1', 'last:x', 'last:', 'last:99999999999']) {
        assert.equal(idOf(store.read.findJourney(ref)), 'none', ref)
      }
    },
  )

  storeTest('a journey is found by its Message-ID and by what a person pastes', async (store) => {
    for (const id of ['01JD7Q4M7D2F', '01JD7Q4N8E3G']) {
      await store.accept(acceptance({ journeys: [journey(id)] }))
    }
    const twice = journey('01JE0000AAAA', { headerMessageId: '<01JD7Q4N8E3G@north.example>' })
    const without = journey('01JE0000BBBB', { headerMessageId: '' })
    await store.accept(acceptance({ journeys: [twice, without] }))
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
    for (const [ref, id] of table) assert.deepEqual(idOf(store.read.findJourney(ref)), id, ref)
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
    for (const one of journeys) await store.accept(acceptance({ journeys: [one] }))
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
      const { rows, searchedAll } = store.read.searchJourneys({ filter: filter.value, limit: 10 })
      assert.equal(rows.map(({ id }) => id).join(' '), wanted, words)
      assert.equal(searchedAll, true)
    }
    const between = { since: now + 1, until: now + 2 }
    const timed = store.read.searchJourneys({ filter: between, limit: 10 })
    assert.deepEqual(
      timed.rows.map(({ id }) => id),
      ['OUT1'],
    )
    const first = store.read.searchJourneys({ filter: {}, limit: 2 })
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
    await store.accept(acceptance({ journeys: [stored, journey('NONE', { headerMessageId: '' })] }))
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
      const { rows } = store.read.searchJourneys({ filter: filter.value, limit: 10 })
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['ODD1'],
        words,
      )
    }
    for (const words of ['to:anna@bucher.example', 'from:bücher@x.example', 'message-id:<>']) {
      const filter = parseFilters([words], now)
      assert.ok(filter.ok, words)
      const { rows } = store.read.searchJourneys({ filter: filter.value, limit: 10 })
      assert.deepEqual(rows, [], words)
    }
    const found = store.read.findJourney('<no-brackets@north.example>')
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
    await store.accept(acceptance({ message: message('m1', 'x'), queue, journeys: [letter] }))
    await store.lease(lease({ limit: 1 }))
    const outcome = { type: 'deferred', nextAttemptAt: now + 1, problem: 'x' } as const
    await store.settle([settlement({ outcome, status: 'deferred' })])
    await store.hold(['q3'])
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
      const found = store.read.listQueue({ filter: filter.value, limit: 10 })
      assert.equal(found.map(({ id }) => id).join(' '), wanted, words)
    }
    assert.deepEqual(
      store.read.listQueue({ filter: { since: now }, limit: 10 }).map(({ id }) => id),
      ['q3', 'q1'],
    )
    assert.deepEqual(
      store.read.listQueue({ filter: { until: now }, limit: 10 }).map(({ id }) => id),
      ['q2'],
    )
    const status = { status: 'queued' }
    assert.equal(store.read.listQueue({ filter: status, limit: 1 }).length, 1)
  })

  storeTest('a journey is found by four characters of its start or end', async (store) => {
    const known = ['01JD7Q4M7D2F', '01JD7Q4N8E3G', '01JE0000AAAA', 'AB_DXXXXYYYY', 'ABCDXXXXZZZZ']
    for (const id of known) await store.accept(acceptance({ journeys: [journey(id)] }))
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
    for (const [ref, id] of table) assert.deepEqual(idOf(store.read.findJourney(ref)), id, ref)
  })

  storeTest(
    'a whole id wins over ids that begin with it, and a long list is cut',
    async (store) => {
      const known = ['ABCD', ...Array.from({ length: 12 }, (_, i) => `ABCDE${i + 10}`)]
      for (const id of known) await store.accept(acceptance({ journeys: [journey(id)] }))
      assert.equal(idOf(store.read.findJourney('abcd')), 'ABCD')
      assert.equal(idOf(store.read.findJourney('abcde')).length, 10)
    },
  )

  storeTest('ids that differ only in case are the same id', async (store) => {
    await store.accept(acceptance({ journeys: [journey('ABCD')] }))
    await assert.rejects(store.accept(acceptance({ journeys: [journey('abcd')] })))
  })

  storeTest('journeys are listed newest first, in pages without gaps', async (store) => {
    for (let i = 0; i < 25; i++) {
      const direction = i % 2 === 0 ? 'in' : 'out'
      const status = i % 5 === 0 ? 'refused' : 'delivered'
      const startedAt = now + Math.floor(i / 4) // four at each instant
      const one = journey(`JOURNEY-${i}`, { direction, status, startedAt })
      await store.accept(acceptance({ journeys: [one] }))
    }
    const all = store.read.listJourneys({ limit: 100 }).map(({ id }) => id)
    assert.deepEqual(
      all,
      Array.from({ length: 25 }, (_, i) => `JOURNEY-${24 - i}`),
    )
    const paged: string[] = []
    for (;;) {
      const behind = paged.at(-1)
      const page = store.read.listJourneys({
        limit: 3,
        ...(behind === undefined ? {} : { behind }),
      })
      if (page.length === 0) break
      paged.push(...page.map(({ id }) => id))
    }
    assert.deepEqual(paged, all)
    const count = (query: object): number =>
      store.read.listJourneys({ limit: 100, ...query }).length
    assert.equal(count({ direction: 'out' }), 12)
    assert.equal(count({ status: 'refused' }), 5)
    assert.equal(count({ status: 'refused', direction: 'in' }), 3)
    assert.equal(count({ before: now + 2 }), 8)
    assert.equal(count({ before: now }), 0)
    assert.equal(count({ behind: 'NOBODY' }), 0)
  })

  storeTest('a shared fact is stored once, the first word of it', async (store) => {
    const facts = ['{"a":1}', '{"a":2}'].map((json) => [{ hash: 'fact-1', json }])
    for (const [i, shared] of facts.entries()) {
      await store.accept(acceptance({ journeys: [journey(`JOURNEY${i}`, { shared })] }))
    }
    assert.deepEqual(Array.from(store.read.sharedFacts(['fact-1', 'unknown'])), [
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
    await store.putDkimKey(second)
    await store.putDkimKey(key)
    await store.putDkimKey({ ...key, domain: 'south.example' })
    assert.deepEqual(store.read.dkimKeys('north.example'), [key, second])
    await store.putDkimKey({ ...key, active: false })
    assert.deepEqual(store.read.dkimKeys('north.example'), [{ ...key, active: false }, second])
    assert.deepEqual(store.read.dkimKeys('elsewhere.example'), [])
  })

  storeTest('pruning keeps what is younger, queued, or in a mailbox', async (store) => {
    const of = (n: number): { id: string; messageId: string } => ({
      id: `JOURNEY${n}`,
      messageId: `m${n}`,
    })
    for (let n = 1; n <= 5; n++) {
      const { id, messageId } = of(n)
      await store.accept(
        acceptance({
          message: message(messageId, `letter ${n}`),
          journeys: [journey(id, { messageId, startedAt: now + n })],
          mailbox: n === 2 ? [mailboxItem({ messageId, journeyId: id })] : [],
          queue: n === 3 ? [queueItem('q3', { messageId, journeyId: id })] : [],
        }),
      )
    }
    const removed = await store.prune({ journeysBefore: now + 5 })
    assert.deepEqual(removed, { journeys: 3, messages: 2, contents: 2, facts: 0 })
    const left = store.read.listJourneys({ limit: 10 }).map(({ id }) => id)
    assert.deepEqual(left, ['JOURNEY5', 'JOURNEY3'])
    const there = [1, 2, 3, 4, 5].filter((n) => store.read.openMessage(`m${n}`) !== undefined)
    assert.deepEqual(there, [2, 3, 5])
    assert.equal(await textOf(store.read.openMessage('m2')), 'letter 2')
    await store.lease(lease())
    await store.settle([settlement({ queueId: 'q3' })])
    const then = await store.prune({ journeysBefore: now + 100 })
    // That of the settled one went with its settlement.
    assert.deepEqual(then, { journeys: 2, messages: 1, contents: 1, facts: 0 })
  })

  storeTest(
    'connections without a letter go before letters, and letters before mail',
    async (store) => {
      const old = { startedAt: now - 2 }
      const dropped = { ...old, status: 'dropped', mailFrom: '' }
      await store.accept(
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
      const removed = await store.prune({ journeysBefore: now - 3, scansBefore: now - 1 })
      assert.equal(removed.journeys, 2)
      const left = (): string[] => store.read.listJourneys({ limit: 10 }).map(({ id }) => id)
      assert.deepEqual(left().sort(), ['GIVEN-UP', 'MAIL', 'REFUSED', 'SCAN-YOUNG'])
      await store.prune({ journeysBefore: now - 1 })
      assert.deepEqual(left(), ['SCAN-YOUNG'])
      // At its very start time a journey is not yet older than that.
      await store.prune({ journeysBefore: now, scansBefore: now })
      assert.deepEqual(left(), ['SCAN-YOUNG'])
    },
  )

  storeTest('the content of a refused letter goes before its journey', async (store) => {
    for (const [n, status] of ['refused', 'deferred', 'dropped', 'accepted'].entries()) {
      const messageId = `m${n}`
      const one = journey(`JOURNEY${n}`, { messageId, status, startedAt: now + n })
      await store.accept(acceptance({ message: message(messageId, `${n}`), journeys: [one] }))
    }
    const ours = journey('JOURNEY9', { messageId: 'm9', status: 'refused', direction: 'out' })
    await store.accept(acceptance({ message: message('m9', '9'), journeys: [ours] }))
    const request = { journeysBefore: now - 1, refusedBefore: now + 1 }
    const removed = await store.prune(request)
    assert.deepEqual(removed, { journeys: 0, messages: 1, contents: 1, facts: 0 })
    const kept = (): number[] =>
      [0, 1, 2, 3, 9].filter((n) => store.read.openMessage(`m${n}`) !== undefined)
    assert.deepEqual(kept(), [1, 2, 3, 9])
    const found = store.read.findJourney('JOURNEY0')
    assert.ok(found.type === 'found' && found.journey.messageId === undefined)
    await store.prune({ ...request, refusedBefore: now + 100 })
    assert.deepEqual(kept(), [3, 9])
    assert.equal(store.read.counts().journeys, 5)
  })

  storeTest(
    'pruning goes through more than one step, and pauses between any two',
    async (store) => {
      for (let n = 0; n < 50; n++) {
        const journeys = Array.from({ length: 10 }, (_, i) =>
          journey(`J-${n}-${i}`, { startedAt: i === 9 ? now + 200 : now + i }),
        )
        await store.accept(acceptance({ journeys }))
      }
      const removed = await store.prune({ journeysBefore: now + 100 })
      assert.equal(removed.journeys, 450)
      assert.equal(store.read.counts().journeys, 50)
    },
  )

  storeTest('content of sent mail is kept until the last recipient is settled', async (store) => {
    await store.accept(
      acceptance({
        message: message('m1', 'to both'),
        moreMessages: [message('m2', 'to both', { prefix: octetsFor('Return-Path: <>\r\n') })],
        queue: [queueItem('q1'), queueItem('q2')],
        mailbox: [mailboxItem({ messageId: 'm2' })],
        journeys: [journey('JOURNEY1', { direction: 'out', messageId: 'm1' })],
      }),
    )
    await store.lease(lease())
    await store.settle([settlement()])
    assert.equal(await textOf(store.read.openMessage('m1')), 'to both')
    const outcome = { type: 'deferred' as const, nextAttemptAt: now, problem: '451' }
    await store.settle([settlement({ queueId: 'q2', outcome })])
    assert.equal(await textOf(store.read.openMessage('m1')), 'to both')
    await store.lease(lease())
    await store.settle([settlement({ queueId: 'q2', outcome: { type: 'failed' } })])
    assert.equal(store.read.openMessage('m1'), undefined)
    assert.match(await textOf(store.read.openMessage('m2')), /to both/)
    const found = store.read.findJourney('JOURNEY1')
    assert.ok(found.type === 'found' && found.journey.messageId === undefined)
  })

  storeTest('a shared fact stays as long as a journey may refer to it', async (store) => {
    const fact = (n: number): { hash: string; json: string } => ({
      hash: `fact-${n}`,
      json: `${n}`,
    })
    const put = (id: string, hours: number, facts: readonly number[]): Promise<void> => {
      const one = journey(id, { startedAt: now + hours * hourMs, shared: facts.map(fact) })
      return store.accept(acceptance({ journeys: [one] }))
    }
    const facts = (): string[] => Array.from(store.read.sharedFacts(['fact-1', 'fact-2']).keys())
    await put('OLD1', 0, [1, 2])
    await put('NEW1', 10, [2])
    assert.equal((await store.prune({ journeysBefore: now + hourMs })).facts, 1)
    assert.deepEqual(facts(), ['fact-2'])
    // What was removed is stored anew when it comes back, also right behind the pruning.
    const pruning = store.prune({ journeysBefore: now + 20 * hourMs })
    const again = put('NEW2', 11, [1, 2])
    await Promise.all([pruning, again])
    await put('NEW3', 12, [1, 2])
    assert.deepEqual(facts(), ['fact-1', 'fact-2'])
  })
}

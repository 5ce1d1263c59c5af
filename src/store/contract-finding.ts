import assert from 'node:assert/strict'
import { acceptance, journey, now, type OpenUnderTest, storeTests } from './contract-cases.ts'
import type { FoundJourney } from './ports/journeys.ts'

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

export function registerFindingTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

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
}

import { journeyIn, type TestJourney } from './replay-all.ts'
import { referenceIn, type Said } from './smtp-talk.ts'
import type { TestSite } from './test-site.ts'

/**
 * The journey that a reply names, as soon as it is stored. Of a letter that has no message to keep
 * (refused at MAIL or RCPT, too big, past a limit, put off by a fault) the record is put down behind
 * the answer, so whoever looks at once may come before it.
 */
export function writtenJourney(
  { store, when }: Pick<TestSite, 'store' | 'when'>,
  said: Said,
): Promise<TestJourney> {
  const id = referenceIn(said)
  return when(async () => {
    const { type } = await store.journeys.find(id)
    return type === 'found' ? await journeyIn(store, id) : undefined
  })
}

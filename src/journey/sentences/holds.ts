import type { HoldStep } from '../delivery-steps.ts'
import { quoted, type Sentence } from '../sentence.ts'

/** Tells that a letter is kept back, or goes on. */
export function tellHold(step: HoldStep): Sentence {
  const { recipient, by, door, why } = step
  const reason = why === '' ? 'No reason was given.' : `The reason: ${quoted(why, 300)}`
  switch (step.type) {
    case 'held': {
      const { destination, rule, until } = step
      const who =
        rule === undefined
          ? `${quoted(by)} holds it (${quoted(door)})`
          : `it fits the hold rule ${quoted(rule)} of ${quoted(by)}`
      const at = until === undefined ? undefined : new Date(until).toISOString()
      const end = at === undefined ? 'until it is released' : `until ${at}`
      return {
        id: 'held',
        label: 'held',
        question: `Is it tried for ${quoted(recipient)}?`,
        answer: `Not now: ${who}, ${end}. ${reason}`,
        verdict: 'unknown',
        rules: [],
        details: {
          recipient,
          destination,
          rule: rule ?? null,
          by,
          door,
          why,
          until: at ?? null,
        },
      }
    }
    case 'released':
      return {
        id: 'released',
        label: 'released',
        question: `Is it still held for ${quoted(recipient)}?`,
        answer: `No: ${quoted(by)} lets it go on (${quoted(door)}). ${reason}`,
        verdict: 'note',
        rules: [],
        details: { recipient, by, door, why },
      }
  }
}

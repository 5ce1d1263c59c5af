import type { Change, ChangeFact } from './ports/changes.ts'

/**
 * So many changes are remembered at least; a reader who is farther behind hears of a gap. On a small
 * server these are some months, and the log is a small part of its disk all the same.
 */
export const defaultChangesKept = 5000

/** What one transaction does, each thing once, numbered behind `last`. */
export function numberedChanges(facts: readonly ChangeFact[], last: number): readonly Change[] {
  const each = new Map<string, ChangeFact>()
  for (const fact of facts) {
    const name = nameOf(fact)
    const known = each.get(name)
    each.set(name, known === undefined ? fact : together(known, fact))
  }
  return Array.from(each.values(), (fact, i) => ({ ...fact, number: last + 1 + i }))
}

/** The same for facts that are about the same; letters of ASCII have no case in what names things. */
function nameOf(fact: ChangeFact): string {
  return fact.type === 'queue' ? 'q' : packed(fact).toLowerCase()
}

/** Of two about the queue, the one that is due first; of others the first stands for both. */
function together(a: ChangeFact, b: ChangeFact): ChangeFact {
  if (a.type !== 'queue' || b.type !== 'queue' || b.dueAt === undefined) return a
  return a.dueAt === undefined || b.dueAt < a.dueAt ? b : a
}

/** As a row of the log has them: a letter for the kind, then the rest. Each octet is written often. */
export function packChanges(changes: readonly ChangeFact[]): string {
  return JSON.stringify(changes.map(packed))
}

function packed(fact: ChangeFact): string {
  switch (fact.type) {
    case 'journey':
      return `j${fact.id}`
    case 'queue':
      return `q${fact.dueAt ?? ''}`
    case 'mailbox':
      return `m${fact.account}`
    case 'key':
      return `k${fact.domain}`
    case 'account':
      return `a${fact.address}`
    case 'act':
      return `d${fact.act}`
    case 'register':
      return `r${fact.kind}`
  }
}

/** What `packChanges` wrote, the last of it with the number `last`. */
export function unpackChanges(text: string, last: number): readonly Change[] {
  const words: readonly string[] = JSON.parse(text)
  return words.map((word, i) => ({ ...unpacked(word), number: last - words.length + 1 + i }))
}

function unpacked(word: string): ChangeFact {
  const rest = word.slice(1)
  switch (word[0]) {
    case 'j':
      return { type: 'journey', id: rest }
    case 'q':
      return rest === '' ? { type: 'queue' } : { type: 'queue', dueAt: Number(rest) }
    case 'm':
      return { type: 'mailbox', account: rest }
    case 'k':
      return { type: 'key', domain: rest }
    case 'a':
      return { type: 'account', address: rest }
    case 'd':
      return { type: 'act', act: Number(rest) }
    case 'r':
      return { type: 'register', kind: rest }
    default:
      throw new Error(`ChangeLog: there is no change "${word}"`)
  }
}

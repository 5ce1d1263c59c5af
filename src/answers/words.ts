/** The words of replies, made comparable, and phrases looked for in them, in bounded time. */

/** What is read of a long reply: refusals are a few hundred characters, and say early what is wrong. */
const mostRead = 500
/** How far apart the parts of a phrase may stand, in characters. */
const widestGap = 90

/**
 * Lower case, without accents and punctuation, one space between words and one at each end.
 * Addresses are left out: `<no-spam@example.org>` says nothing of spam. The first 500 characters
 * are read: what somebody else has written is looked through for hundreds of phrases.
 */
export function wordsOf(text: string): string {
  const plain = text
    .slice(0, mostRead)
    .split(/[\s<>()[\]"]+/)
    .filter((word) => !word.includes('@'))
    .join(' ')
  return ` ${simplified(plain)} `
}

/** A phrase that is looked for: its parts in order, each with where words must begin and end. */
export interface Phrase {
  readonly parts: readonly string[]
}

/**
 * Reads a phrase as rules write it: `mailbox … full` has up to 90 characters between, `greylist*`
 * any ending. Words begin and end where a space does, but for scripts that have no spaces.
 */
export function phraseOf(text: string): Phrase {
  const parts = text.split('…').map((part) => {
    const open = part.trimEnd().endsWith('*')
    const words = simplified(part)
    if (spaceless.test(words)) return words
    return open ? ` ${words}` : ` ${words} `
  })
  return { parts }
}

/** Whether the phrase stands in `words`, which `wordsOf` has made. */
export function says(words: string, { parts }: Phrase): boolean {
  const [first = '', ...more] = parts
  // A part that stands nowhere is looked for once, and not behind each place of the first.
  if (!more.every((part) => words.includes(part))) return false
  for (let at = words.indexOf(first); at >= 0; at = words.indexOf(first, at + 1)) {
    if (followed(words, at + first.length, more)) return true
  }
  return false
}

/** Whether the parts follow each other from `start`. The first place of each is as good as any. */
function followed(words: string, start: number, parts: readonly string[]): boolean {
  let end = start
  for (const part of parts) {
    // The space behind a word is also the one before the next.
    const from = Math.max(0, end - 1)
    const place = words.slice(from, from + widestGap + part.length).indexOf(part)
    if (place < 0) return false
    end = from + place + part.length
  }
  return true
}

/** Chinese, Japanese and what is written like them. */
const spaceless = /[\u2e80-\u9fff]/

function simplified(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

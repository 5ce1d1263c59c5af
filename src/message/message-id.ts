import { oneLine } from './field.ts'

const digits = '0123456789abcdefghjkmnpqrstvwxyz'
const maxIdCharacters = 995

/**
 * Makes a Message-ID, with its angle brackets, that no other message has.
 *
 * @param input.now    milliseconds since 1970: ids made in different milliseconds differ anyway
 * @param input.random numbers in [0, 1): 16 of them are taken, 80 bits
 * @param input.domain a name of ours, or an address literal in its brackets
 * @see RFC 5322 §3.6.4
 */
export function makeMessageId(input: {
  readonly now: number
  readonly random: () => number
  readonly domain: string
}): string {
  let left = ''
  for (let rest = Math.floor(input.now); rest > 0; rest = Math.floor(rest / 32)) {
    left = digits.charAt(rest % 32) + left
  }
  left += '.'
  for (let i = 0; i < 16; i++) left += digits.charAt(Math.floor(input.random() * 32))
  return `<${left}@${input.domain}>`
}

/**
 * The ids in a Message-ID, In-Reply-To or References value (unfolded), each with its brackets, as
 * they stand; at most `max`, the first ones. Anything between them is passed over, and so is an id
 * with white space, without an `@`, or longer than a line.
 */
export function parseMessageIds(value: string, max = 100): readonly string[] {
  const ids: string[] = []
  let open = -1
  for (let i = 0; i < value.length && ids.length < max; i++) {
    const character = value.charAt(i)
    if (character === '<') open = i
    if (character !== '>' || open < 0) continue
    const id = value.slice(open, i + 1)
    const at = id.indexOf('@')
    const sane = id.length <= maxIdCharacters && oneLine(id) === id && !id.includes(' ')
    if (sane && at > 1 && at < id.length - 2) ids.push(id)
    open = -1
  }
  return ids
}

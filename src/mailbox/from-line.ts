/** A line that may begin a message in an mbox file. */
export interface FromLine {
  /** The address in it, empty for `MAILER-DAEMON`; absent when there is none. */
  readonly sender: string | undefined
  /**
   * `certain`: one word and a date, which is a beginning wherever it stands. `likely`: words and a
   * date, a beginning behind an empty line. `possible`: an address or a time, a beginning behind an
   * empty line and before a header field. `bare`: nothing at all, a beginning as a possible one is,
   * and without the empty line where the file itself begins so. `unlikely`: a beginning only at the
   * start of a file.
   */
  readonly beginning: 'certain' | 'likely' | 'possible' | 'bare' | 'unlikely'
}

const weekday = '[A-Z][a-z]{2,8},?'
const month = '[A-Z][a-z]{2}'
const time = '\\d{1,2}:\\d\\d(?::\\d\\d(?:\\.\\d{1,6})?)?'
/** Year, zones and what UUCP put behind. */
const behind = '(?: +(?:\\d{4}|[+-]\\d{4}|[A-Z]{1,5}|\\([^()]{0,40}\\)|remote from \\S{1,255}))*'
const dates = [
  // ctime of C, with or without seconds; the year may stand before the time.
  `${weekday} +${month} +\\d{1,2},? +(?:\\d{4} +)?${time}`,
  `${month} +\\d{1,2},? +\\d{4},? +${time}`,
  // RFC 5322 §3.3, and the hyphens that some write in it.
  `(?:${weekday} +)?\\d{1,2}[ -]${month}[ -]\\d{2,4} +${time}`,
  // RFC 3339.
  `\\d{4}-\\d\\d-\\d\\d[T ]${time}(?:Z|[+-]\\d\\d:?\\d\\d)?`,
].join('|')
const date = `(?:${dates})${behind} *`

const certain = new RegExp(`^From ("[^"]{0,320}"@\\S{1,320}|\\S{0,640}) *(?<= )${date}$`)
const likely = new RegExp(`^From (.{0,320}?) +(?:${dates})`)

/**
 * Reads a `From ` line, of which every program has its own form (RFC 4155 appendix A is one);
 * `undefined` when the line begins otherwise.
 *
 * @param line without its end
 */
export function parseFromLine(line: string): FromLine | undefined {
  if (!line.startsWith('From ')) return undefined
  if (line.trimEnd() === 'From') return { sender: undefined, beginning: 'bare' }
  const one = certain.exec(line)?.[1]
  if (one !== undefined) return { sender: senderIn(one), beginning: 'certain' }
  const words = likely.exec(line)?.[1]
  if (words !== undefined) return { sender: senderIn(words), beginning: 'likely' }
  const first = /^From (\S{1,640})(?: |$)/.exec(line)?.[1] ?? ''
  const sender = senderIn(first)
  const told = sender !== undefined || /\d{1,2}:\d\d/.test(line)
  return { sender, beginning: told ? 'possible' : 'unlikely' }
}

function senderIn(text: string): string | undefined {
  if (text === 'MAILER-DAEMON' || text === '<>') return ''
  return text.includes('@') ? text.replace(/^<([^<>]*)>$/, '$1') : undefined
}

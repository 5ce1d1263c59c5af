import type { LogLine, LogValue } from './log.ts'
import { inOneLine, jsonLine } from './shown-text.ts'

/** How a line of the log is written: for people and fail2ban, or for programs. */
export type LogFormat = 'text' | 'json'

/** The longest value of a field, in characters: a line is a fact and no letter. */
const maxValue = 500
/** Of longer lists the rest is counted. */
const maxItems = 20
/** In all items of a list. */
const maxListCharacters = 1000

/**
 * One line without its end: `TIME LEVEL EVENT name=value …`, or one JSON object with `time`, `level`,
 * `event` and the fields. Whatever stands in a field, nothing of it can end the line, stand for
 * another field, or move a terminal. `client` is the first field wherever there is one.
 *
 * @param nowMs milliseconds since 1970
 */
export function formatLogLine(line: LogLine, format: LogFormat, nowMs: number): string {
  const time = new Date(nowMs).toISOString()
  const { level, event, fields } = line
  // Filters rely on it: nothing that a client chose stands before its address.
  const names = ['client', ...Object.keys(fields).filter((name) => name !== 'client')]
  if (format === 'json') {
    const shown: Record<string, LogValue> = { time, level, event }
    for (const name of names) {
      const value = fields[name]
      if (value !== undefined) shown[name] = bounded(value)
    }
    return jsonLine(shown)
  }
  let text = `${time} ${level} ${event}`
  for (const name of names) {
    const value = fields[name]
    if (value !== undefined) text += ` ${name}=${textOf(bounded(value))}`
  }
  return text
}

function bounded(value: LogValue): LogValue {
  if (typeof value === 'string') return cut(value)
  if (typeof value !== 'object') return value
  const shown: string[] = []
  let room = maxListCharacters
  for (const item of value.slice(0, maxItems).map(cut)) {
    room -= item.length
    if (room < 0) break
    shown.push(item)
  }
  const more = value.length - shown.length
  return more > 0 ? [...shown, `and ${more} more`] : shown
}

function cut(text: string): string {
  return text.length <= maxValue ? text : `${text.slice(0, maxValue).toWellFormed()}…`
}

/** Bare where nothing in it could be taken for the end of a value; else in double quotes. */
function textOf(value: LogValue): string {
  if (typeof value === 'object') return value.length === 0 ? '""' : value.map(textOf).join(',')
  const text = String(value)
  if (/^[\w.:@/+<>!?*'-]+$/.test(text)) return text
  return `"${inOneLine(text.replace(/["\\]/g, '\\$&'))}"`
}

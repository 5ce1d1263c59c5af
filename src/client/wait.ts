import { type Api, WaybillApiError } from './api.ts'
import { monotonicMs, pause } from './platform.ts'
import type { MessagePage, MessageRow } from './types.ts'

/** Which message is waited for. What is absent does not matter. */
export interface WaitFor {
  /** The whole address of a recipient. */
  readonly to?: string
  /** A part of the subject, in upper or lower case, or what it must match. */
  readonly subject?: string | RegExp
  /** A part of the reverse-path or of an address in From, or what one of them must match. */
  readonly from?: string | RegExp
  /** Not before. */
  readonly since?: Date
  /** Milliseconds; 10,000 when absent. */
  readonly timeout?: number
}

/** No message came that fits. */
export class WaitTimeoutError extends Error {
  override readonly name: string = 'WaitTimeoutError'
  /** What came and did not fit, the newest first. */
  readonly nearMisses: readonly MessageRow[]

  constructor(message: string, nearMisses: readonly MessageRow[]) {
    super(message)
    this.nearMisses = nearMisses
  }
}

/** How a message is chosen and what is known already. */
export interface Waiting {
  /** Messages that are not wanted (any more). */
  readonly except?: ReadonlySet<string>
  /** Of those that are there already. */
  readonly first: 'newest' | 'oldest'
}

/** A list is as long as this at most. */
const limit = 100
/** The server is asked to wait for no longer than this at one go, so that nothing in between is waited through. */
const sliceMs = 2000
const shortestMs = 50

/**
 * The first message that fits, as soon as its fate is known: the server is asked to wait, and the
 * list is what counts.
 *
 * @throws WaitTimeoutError
 */
export async function waitForRow(
  api: Api,
  wanted: WaitFor,
  { except = new Set(), first }: Waiting,
): Promise<MessageRow> {
  const { to, since, timeout = 10_000 } = wanted
  const q = to === undefined ? '' : `to:${to}`
  const end = monotonicMs() + timeout
  for (;;) {
    const { data } = await api.json<MessagePage>('/v1/messages', { query: { q, limit } })
    const there = data.filter(
      (row) => since === undefined || Date.parse(row.started_at) >= since.getTime(),
    )
    const found = choose(
      there.filter((row) => !except.has(row.id) && fits(row, wanted)),
      first,
    )
    if (found !== undefined) return found
    const left = end - monotonicMs()
    if (left <= 0)
      throw await timedOut(
        api,
        wanted,
        there.filter((row) => !except.has(row.id)),
      )
    await nextMessage(api, { q, newest: data[0]?.started_at, ms: Math.min(left, sliceMs) })
  }
}

/** What has begun and not ended is not chosen yet; of two sides of one letter, the receiving one. */
function choose(rows: readonly MessageRow[], first: Waiting['first']): MessageRow | undefined {
  const ended = rows.filter(({ status }) => !/^(?:created|queued|deferred|held)/.test(status))
  const inOrder = first === 'newest' ? ended : ended.toReversed()
  const [chosen] = inOrder
  if (chosen === undefined || chosen.direction === 'in') return chosen
  const other = inOrder.find(({ direction, message_id_header: id }) => {
    return direction === 'in' && id !== '' && id === chosen.message_id_header
  })
  return other ?? chosen
}

function fits(row: MessageRow, { to, subject, from }: WaitFor): boolean {
  const isTo = to === undefined || row.rcpt_to.some((one) => one.toLowerCase() === to.toLowerCase())
  if (!isTo || !matches(row.subject, subject)) return false
  return matches(row.mail_from, from) || matches(row.author, from)
}

function matches(text: string, wanted: string | RegExp | undefined): boolean {
  if (wanted === undefined) return true
  if (typeof wanted === 'string') return text.toLowerCase().includes(wanted.toLowerCase())
  // A new one: with `g` theirs goes on from its last match. With `y` it would fit beginnings alone.
  return new RegExp(wanted.source, wanted.flags.replace('y', '')).test(text)
}

/** Returns when something has come, or after a while. */
async function nextMessage(
  api: Api,
  {
    q,
    newest,
    ms,
  }: { readonly q: string; readonly newest: string | undefined; readonly ms: number },
): Promise<void> {
  if (ms < 1000) return await pause(Math.min(ms, shortestMs))
  const began = monotonicMs()
  const since = newest === undefined ? undefined : justAfter(newest)
  try {
    const query = { q, since, timeout: Math.floor(ms / 1000), limit: 1 }
    await api.json('/v1/messages/wait', { query, timeoutMs: ms + 5000 })
  } catch (problem) {
    const isNothing = problem instanceof WaybillApiError && problem.status === 404
    if (!isNothing) throw problem
  }
  // One that begins in the same millisecond as another is not waited for past its time.
  const took = monotonicMs() - began
  if (took < shortestMs) await pause(Math.min(ms, shortestMs - took))
}

function justAfter(time: string): string {
  return new Date(Date.parse(time) + 1).toISOString()
}

async function timedOut(
  api: Api,
  wanted: WaitFor,
  there: readonly MessageRow[],
): Promise<WaitTimeoutError> {
  const { timeout = 10_000, since } = wanted
  const none = `No message ${described(wanted)} within ${seconds(timeout)}.`
  if (there.length > 0) {
    const count = there.length === 1 ? '1 message arrived' : `${there.length} messages arrived`
    return new WaitTimeoutError(`${none} ${count}, none matched:${told(there, since)}`, there)
  }
  const { data } = await api.json<MessagePage>('/v1/messages', { query: { limit: 5 } })
  if (data.length === 0) return new WaitTimeoutError(`${none} Nothing has arrived at all.`, [])
  return new WaitTimeoutError(
    `${none} Nothing arrived there. The last that did:${told(data, since)}`,
    data,
  )
}

function described({ to, subject, from }: WaitFor): string {
  const said = [
    ...(to === undefined ? [] : [`to ${to}`]),
    ...(from === undefined ? [] : [`from ${shown(from)}`]),
    ...(subject === undefined ? [] : [`with the subject ${shown(subject)}`]),
  ]
  return said.length === 0 ? 'came' : said.join(' ')
}

function shown(wanted: string | RegExp): string {
  return typeof wanted === 'string' ? `"${wanted}"` : String(wanted)
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`
}

function told(rows: readonly MessageRow[], since: Date | undefined): string {
  return rows
    .slice(0, 5)
    .map(({ subject, rcpt_to: to, mail_from: from, status, started_at: at }) => {
      const later = since === undefined ? NaN : Date.parse(at) - since.getTime()
      const when = later >= 0 ? ` at +${seconds(later)}` : ` at ${at}`
      const name = subject.replace(/\p{Cc}/gu, ' ').slice(0, 80)
      return `\n  "${name}" from ${from === '' ? '<>' : from} to ${to.join(', ')}${when} (${status})`
    })
    .join('')
}

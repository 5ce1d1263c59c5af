import type { EndpointWish, Webhooks } from '../hooks/webhooks.ts'
import type { HookAttemptRow, HookEndpoint } from '../store/ports/hooks.ts'
import { type Named, named } from './named.ts'
import { member, notMeant, type Operation, textMember } from './act.ts'

/** What operations on webhooks need. */
export interface WebhookPart {
  readonly webhooks: Webhooks
}

/** An endpoint as JSON: never with its secret, but when that is new. */
export interface WebhookView {
  readonly id: string
  readonly url: string
  readonly description: string
  readonly events: readonly string[]
  readonly enabled: boolean
  /** Why it is off; empty while it is on. */
  readonly off: string
  readonly created_at: string
  readonly failing_since: string | null
  /** Events on their way there. */
  readonly waiting: number
}

/** The same with the secret that receivers check signatures by: it is told this once. */
export interface WebhookSecretView extends WebhookView {
  readonly secret: string
}

/** One try as JSON. */
export interface WebhookAttemptView {
  readonly n: number
  readonly event_id: string
  readonly type: string
  readonly at: string
  readonly took_ms: number
  readonly status: number
  readonly text: string
  readonly state: string
  readonly next_try: string | null
}

/** The answer to a test. */
export interface WebhookTestView {
  readonly status: number
  readonly text: string
}

/** `webhook list`. */
export const webhookList: Operation<WebhookPart, undefined, readonly WebhookView[]> = {
  name: 'webhook list',
  read: () => undefined,
  run: ({ webhooks }) => Promise.all(webhooks.list.map((one) => view(webhooks, one))),
}

/** `webhook add`: gives the secret. */
export const webhookAdd: Operation<WebhookPart, EndpointWish, WebhookSecretView> = {
  name: 'webhook add',
  read: (input) => wishOf('webhook add', input),
  run: async ({ webhooks }, wish) => await withSecret(webhooks, await webhooks.add(wish)),
  tell: (_wish, { id, url, events }) => ({ id, url, events }),
}

interface Change {
  readonly id: string
  readonly wish: EndpointWish
}

/** `webhook change`. */
export const webhookChange: Operation<WebhookPart, Change, WebhookView> = {
  name: 'webhook change',
  read: (input) => ({ id: idOf('webhook change', input), wish: wishOf('webhook change', input) }),
  run: async ({ webhooks }, { id, wish }) => await view(webhooks, await webhooks.change(id, wish)),
  tell: (_change, { id, url, events, enabled }) => ({ id, url, events, enabled }),
}

/** `webhook remove`. */
export const webhookRemove: Operation<WebhookPart, string, { id: string; url: string }> = {
  name: 'webhook remove',
  read: (input) => idOf('webhook remove', input),
  async run({ webhooks }, asked) {
    const { id, url } = await webhooks.remove(asked)
    return { id, url }
  },
  tell: (_id, removed) => ({ ...removed }),
}

/** `webhook secret`: a new one, beside which the old one signs for a day. */
export const webhookSecret: Operation<WebhookPart, string, WebhookSecretView> = {
  name: 'webhook secret',
  read: (input) => idOf('webhook secret', input),
  run: async ({ webhooks }, id) => await withSecret(webhooks, await webhooks.rotate(id)),
  tell: (id) => ({ id }),
}

/** `webhook test`: posts an event of no letter, and tells what was answered. */
export const webhookTest: Operation<WebhookPart, string, WebhookTestView> = {
  name: 'webhook test',
  read: (input) => idOf('webhook test', input),
  async run({ webhooks }, id) {
    const { status, text } = await webhooks.test(id)
    return { status, text }
  },
  tell: (id, { status }) => ({ id, status }),
}

interface AttemptsWish {
  readonly id: string
  readonly limit: number
  readonly before?: number
}

/** What became of each try, the last ones first. */
export const webhookAttempts: Operation<WebhookPart, AttemptsWish, readonly WebhookAttemptView[]> =
  {
    name: 'webhook attempts',
    read(input) {
      const before = member(input, 'before')
      return {
        id: idOf('webhook attempts', input),
        limit: numberOf('webhook attempts', input, 'limit'),
        ...(typeof before === 'number' ? { before } : {}),
      }
    },
    run: async ({ webhooks }, { id, ...page }) => (await webhooks.attempts(id, page)).map(attempt),
  }

/** `webhook replay`: the event of a try is told again. */
export const webhookReplay: Operation<WebhookPart, { id: string; n: number }, null> = {
  name: 'webhook replay',
  read: (input) => {
    return { id: idOf('webhook replay', input), n: numberOf('webhook replay', input, 'n') }
  },
  async run({ webhooks }, { id, n }) {
    await webhooks.replay(id, n)
    return null
  },
  tell: (asked) => ({ ...asked }),
}

/** All of them by their names. */
export const webhookOperations: readonly (readonly [string, Named<WebhookPart>])[] = [
  named(webhookList),
  named(webhookAdd),
  named(webhookChange),
  named(webhookRemove),
  named(webhookSecret),
  named(webhookTest),
  named(webhookAttempts),
  named(webhookReplay),
]

async function view(webhooks: Webhooks, endpoint: HookEndpoint): Promise<WebhookView> {
  const { id, url, description, events, off, createdAt, failingSince } = endpoint
  return {
    id,
    url,
    description,
    events,
    enabled: off === '',
    off,
    created_at: time(createdAt),
    failing_since: failingSince === undefined ? null : time(failingSince),
    waiting: await webhooks.waiting(id),
  }
}

async function withSecret(webhooks: Webhooks, endpoint: HookEndpoint): Promise<WebhookSecretView> {
  return { ...(await view(webhooks, endpoint)), secret: endpoint.secrets[0] ?? '' }
}

function attempt(row: HookAttemptRow): WebhookAttemptView {
  const { number, eventId, type, at, tookMs, status, text, state, nextAt } = row
  return {
    n: number,
    event_id: eventId,
    type,
    at: time(at),
    took_ms: tookMs,
    status,
    text,
    state,
    next_try: nextAt === undefined ? null : time(nextAt),
  }
}

function time(at: number): string {
  return new Date(at).toISOString()
}

function idOf(operation: string, input: unknown): string {
  return textMember(operation, input, 'id')
}

function numberOf(operation: string, input: unknown, name: string): number {
  const found = member(input, name)
  if (typeof found === 'number') return found
  throw notMeant(operation, `"${name}" as a number`)
}

const most = { url: 2000, description: 500, events: 50 } as const

function wishOf(operation: string, input: unknown): EndpointWish {
  const text = (name: 'url' | 'description'): string | undefined => {
    const found = member(input, name)
    if (found === undefined) return undefined
    if (typeof found === 'string' && found.length <= most[name]) return found
    throw notMeant(operation, `"${name}" as text of at most ${most[name]} letters`)
  }
  const events: unknown = member(input, 'events')
  const enabled = member(input, 'enabled')
  if (events !== undefined && !(Array.isArray(events) && events.length <= most.events)) {
    throw notMeant(operation, `"events", a list of at most ${most.events} types`)
  }
  if (enabled !== undefined && typeof enabled !== 'boolean') {
    throw notMeant(operation, '"enabled" as true or false')
  }
  return {
    url: text('url'),
    description: text('description'),
    events: Array.isArray(events) ? events.map(String) : undefined,
    enabled,
  }
}

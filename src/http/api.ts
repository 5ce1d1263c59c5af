import type { MiddlewareHandler } from 'hono'
import { Histogram } from '../base/histogram.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { ApiKeyPart } from '../desk/api-key-operations.ts'
import type { Archives } from '../desk/archives.ts'
import type { Trouble } from '../desk/health.ts'
import type { SuppressionPart } from '../desk/suppressions.ts'
import type { WebhookPart } from '../desk/webhooks.ts'
import type { DecisionRules } from '../inspect/rules.ts'
import { chance, systemClock } from '../io/clock.ts'
import { type Asker, askerOf, isFromOwnPage } from './asker.ts'
import type { Access, Scope } from './access.ts'
import { limitBody, limitDepth, newApi, say } from './api-shell.ts'
import type { Api, ApiEnv, Mode } from './api-types.ts'
import { KeptContents } from './contents/kept-contents.ts'
import { describeApi } from './described.ts'
import type { DeskPlace } from './desk-place.ts'
import { FairShare } from './fair-share.ts'
import type { Management } from './management.ts'
import { clientPlace } from './client-place.ts'
import type { LoginPort } from './login.ts'
import { neededScope } from './needed-scope.ts'
import { sayNoPath } from './no-path.ts'
import { type OwnApis, ownApis } from './own-api.ts'
import { isOwnHost } from './own-host.ts'
import { type Problem, problem } from './problem.ts'
import { accountRoutes } from './routes/accounts.ts'
import { aliasRoutes } from './routes/aliases.ts'
import { bundleRoutes } from './routes/bundles.ts'
import { contentRoutes } from './routes/content.ts'
import { keyRoutes } from './routes/keys.ts'
import { mailpitRoutes } from './routes/mailpit.ts'
import { mailpitSendRoutes } from './routes/mailpit-send.ts'
import { domainRoutes } from './routes/domains.ts'
import { eventRoutes } from './routes/events.ts'
import { evaluationRoutes } from './routes/evaluations.ts'
import { detailRoutes } from './routes/details.ts'
import { messageDeleteRoutes } from './routes/message-delete.ts'
import { messageRoutes } from './routes/messages.ts'
import { metricRoutes } from './routes/metrics.ts'
import { holdRuleRoutes } from './routes/hold-rules.ts'
import { pauseRoutes } from './routes/pauses.ts'
import { queueRoutes } from './routes/queue.ts'
import { queueActionRoutes } from './routes/queue-actions.ts'
import type { Sending } from './sending.ts'
import { replayRoutes } from './routes/replays.ts'
import { type LookAhead, routeRoutes } from './routes/route.ts'
import { sendRoutes } from './routes/send.ts'
import { secondFactorRoutes, type SecondFactorPlace } from './routes/second-factors.ts'
import { reportImportRoutes } from './routes/report-import.ts'
import { reportRoutes } from './routes/reports.ts'
import { serverRoutes } from './routes/server.ts'
import { sessionRoutes } from './routes/session.ts'
import { suppressionRoutes } from './routes/suppressions.ts'
import { waitRoutes } from './routes/wait.ts'
import { whyRoutes } from './routes/why.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { Sessions } from './sessions.ts'

/** What the API is made of. */
export interface ApiParts {
  readonly mode: Mode
  readonly version: string
  readonly archives: Archives
  readonly access: Access
  /** Who has logged in; absent: nobody can. */
  readonly sessions?: Sessions
  readonly logins?: LoginPort
  /** Proxies that are believed from where requests come. */
  readonly proxies?: readonly string[]
  /** Further names under which it may be asked, beside localhost and its addresses. */
  readonly hosts?: readonly string[]
  readonly now: () => number
  readonly newId: () => string
  /** Asked where an evaluation wants the real DNS; absent: nobody is. */
  readonly live?: Resolver
  /** By which rules letters are taken in here; absent: those of a configuration that says nothing. */
  readonly rules?: () => DecisionRules
  /** Where mail can be sent to, by the names of the ready event. */
  readonly ports?: Readonly<Record<string, number>>
  /** Who lives here, what DNS must say of it, and what others report. */
  readonly management?: Management
  /** What is not as it should be; absent: nobody looks. */
  readonly troubles?: () => Promise<readonly Trouble[]>
  /** What was counted of its mail. */
  readonly meter?: { readonly lines: readonly string[] }
  /** Where a letter would go; absent where nothing goes out. */
  readonly route?: LookAhead
  /** Who is told of events by HTTP; absent: nobody can be. */
  readonly webhooks?: DeskPlace<WebhookPart>
  /** How letters are sent; absent where none can be. */
  readonly sending?: Sending
  /** Keys for this API; absent where none are needed. */
  readonly keys?: DeskPlace<ApiKeyPart>
  /** Addresses that nothing is sent to; absent where no mail goes out. */
  readonly suppressions?: DeskPlace<SuppressionPart>
  /** Second factors for logging in on the page; absent where nobody logs in. */
  readonly secondFactors?: SecondFactorPlace
  /** Adds the paths that only servers of its mode have. */
  readonly more?: (api: Api) => void
  readonly report: (fault: unknown, where: string) => void
}

/** The HTTP API `/v1`: a function from requests to answers. */
export function makeApi(parts: ApiParts): Api {
  const api = newApi(parts.report)
  const contents = new KeptContents()
  const own = ownApis({ ...parts, contents })
  const requests = new Histogram()
  api.use('*', async (c, next) => {
    c.set('requestId', parts.newId())
    const host = c.req.header('host') ?? ''
    if (!isOwnHost(host, parts.hosts ?? [])) return say(c, strangeHost(host))
    const began = systemClock.monotonicMs()
    await next()
    // Who waits for a message to come says nothing of how fast we are.
    if (c.req.path !== '/v1/messages/wait') {
      requests.observe((systemClock.monotonicMs() - began) / 1000)
    }
    // Set afterwards: what is set before is lost on an answer that a path made itself.
    const { headers } = c.res
    if (!headers.has('cache-control')) c.header('cache-control', 'no-store')
    c.header('x-content-type-options', 'nosniff')
    c.header('referrer-policy', 'no-referrer')
    return undefined
  })
  const guarded = guard(parts.access, own)
  for (const path of ['/v1/*', '/api/*', '/view/*']) {
    api.use(path, guarded)
    api.use(path, limitBody())
    api.use(path, limitDepth())
  }
  const { sessions = new Sessions(parts.now), proxies = [] } = parts
  const clientOf = clientPlace(proxies)
  sessionRoutes(api, { ...parts, sessions, clientOf })
  serverRoutes(api, parts)
  // Before those with an id: `wait` is none.
  waitRoutes(api, parts.archives, parts.now)
  messageRoutes(api, parts.archives, parts.now)
  metricRoutes(api, parts, requests)
  queueRoutes(api, parts.archives, parts.now)
  whyRoutes(api, parts.archives, parts.now)
  queueActionRoutes(api, parts.archives, parts.now)
  routeRoutes(api, parts.route)
  pauseRoutes(api, parts.archives, parts.now)
  holdRuleRoutes(api, parts.archives, parts.now)
  eventRoutes(api, parts.archives, parts.now)
  replayRoutes(api, parts.archives)
  contentRoutes(api, parts.archives, contents)
  bundleRoutes(api, parts)
  evaluationRoutes(api, parts)
  detailRoutes(api, parts.archives)
  suppressionRoutes(api, parts.suppressions)
  if (parts.management !== undefined) {
    managementRoutes(api, parts.management)
    messageDeleteRoutes(api, parts.archives, parts.management.reports)
  }
  if (parts.webhooks !== undefined) webhookRoutes(api, parts.webhooks)
  const { sending, now } = parts
  if (sending !== undefined) sendRoutes(api, { sending, now, random: chance, clientOf })
  if (parts.keys !== undefined) keyRoutes(api, parts.keys)
  if (parts.secondFactors !== undefined) secondFactorRoutes(api, parts.secondFactors)
  parts.more?.(api)
  // Who deletes all mail by one request must not meet a server whose mail is real.
  if (parts.mode !== 'live') {
    if (parts.management !== undefined) mailpitRoutes(api, parts.archives, parts.management.reports)
    if (sending !== undefined) mailpitSendRoutes(api, { sending, now, random: chance, clientOf })
  }
  describeApi(api, parts.version)
  sayNoPath(api, noPath)
  return api
}

/** Who lives here, what DNS must say of it, and what others report. */
function managementRoutes(api: Api, management: Management): void {
  accountRoutes(api, management)
  aliasRoutes(api, management)
  domainRoutes(api, management)
  reportRoutes(api, management)
  reportImportRoutes(api, management)
}

/** Who asks, and whether they may; what changes something must come from our own page. */
function guard(access: Access, own: OwnApis): MiddlewareHandler<ApiEnv> {
  const share = new FairShare()
  return async (c, next) => {
    const { visitor, by }: Asker = await askerOf(c, access)
    const scope = neededScope(c.req.method, c.req.path)
    if (visitor === undefined && (scope !== undefined || by === 'key')) {
      return say(c, unknownKey)
    }
    if (scope !== undefined && visitor?.scopes.includes(scope) !== true) {
      return say(c, notAllowed(scope))
    }
    if (!isFromOwnPage(c, by)) return say(c, crossSite)
    c.set('visitor', visitor ?? { who: '', scopes: [] })
    if (visitor === undefined || scope === undefined) return await next()
    return await share.serve(c, visitor, async () => {
      if (visitor.account === undefined) {
        await next()
        return undefined
      }
      const about = { ...c.env, visitor, requestId: c.get('requestId') }
      return await own(visitor.account).fetch(c.req.raw, about)
    })
  }
}

function strangeHost(host: string): Problem {
  return problem(421, 'strange-host', {
    title: 'This is somebody else',
    detail: `Asked as "${host.slice(0, 100)}", which is no name of this server.`,
    hint: 'Ask it as localhost, or name the host in the settings.',
  })
}

function noPath(path: string): Problem {
  return problem(404, 'no-path', {
    title: 'There is no such path',
    detail: `${path.slice(0, 200)} is none of /v1/openapi.json.`,
  })
}

function notAllowed(scope: Scope): Problem {
  return problem(403, 'not-allowed', {
    title: 'This key may not do that',
    detail: `That wants the scope "${scope}", which the key does not have.`,
  })
}

const unknownKey = problem(401, 'unknown-key', {
  title: 'Who are you?',
  detail: 'This server wants a key that it knows.',
  hint: 'Authorization: Bearer …, with the token in http-token of the data folder, or a key of `waybill key add`; in the lab it is wb_lab_local.',
})

const crossSite = problem(403, 'cross-site', {
  title: 'Another page asked for that',
  detail: 'What changes something is taken from programs and from this server’s own page only.',
})

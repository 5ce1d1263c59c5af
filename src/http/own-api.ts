import { RecentMap } from '../base/recent-map.ts'
import type { Archives } from '../desk/archives.ts'
import { ownArchives } from '../desk/own-archives.ts'
import { chance } from '../io/clock.ts'
import { isAccountItself } from './access.ts'
import { limitBody, limitDepth, newApi, say } from './api-shell.ts'
import type { Api } from './api-types.ts'
import { clientPlace } from './client-place.ts'
import type { KeptContents } from './contents/kept-contents.ts'
import { describeApi } from './described.ts'
import { neededScope } from './needed-scope.ts'
import { sayNoPath } from './no-path.ts'
import { problem } from './problem.ts'
import { bundleRoutes } from './routes/bundles.ts'
import { contentRoutes } from './routes/content.ts'
import { detailRoutes } from './routes/details.ts'
import { evaluationRoutes } from './routes/evaluations.ts'
import { eventRoutes } from './routes/events.ts'
import { messageRoutes } from './routes/messages.ts'
import { queueRoutes } from './routes/queue.ts'
import { queueActionRoutes } from './routes/queue-actions.ts'
import { replayRoutes } from './routes/replays.ts'
import { sendRoutes } from './routes/send.ts'
import { secondFactorRoutes, type SecondFactorPlace } from './routes/second-factors.ts'
import { waitRoutes } from './routes/wait.ts'
import { whyRoutes } from './routes/why.ts'
import type { Sending } from './sending.ts'

/** What it is made of. */
interface OwnApiParts {
  readonly version: string
  readonly archives: Archives
  readonly contents: KeptContents
  readonly now: () => number
  readonly sending?: Sending
  readonly secondFactors?: SecondFactorPlace
  readonly proxies?: readonly string[]
  readonly report: (fault: unknown, where: string) => void
}

/** The API of each account. */
export type OwnApis = (account: string) => Api

/** So many are remembered. */
const mostApis = 200

/**
 * What an account may ask: the same paths, over archives that hold nothing but its own. A path that is
 * not joined here is not there for it, so that a new one is closed until somebody has thought of it.
 */
export function ownApis(parts: OwnApiParts): OwnApis {
  const known = new RecentMap<string, Api>(mostApis)
  return (account) => {
    const name = account.toLowerCase()
    const api = known.get(name) ?? ownApi(parts, account)
    // The one that was asked longest ago goes.
    known.set(name, api)
    return api
  }
}

function ownApi(parts: OwnApiParts, account: string): Api {
  const { now, version, report, sending, secondFactors } = parts
  const archives = ownArchives(parts.archives, account)
  const api = newApi(report)
  api.use('*', async (c, next) => {
    const { visitor, requestId = '' } = c.env
    if (visitor?.account === undefined) throw new Error('http: the API of an account without one')
    c.set('visitor', visitor)
    c.set('requestId', requestId)
    if (isOfTheHouse(c.req.method, c.req.path)) return say(c, ofTheHouse)
    if (isOfThePerson(c.req.path) && !isAccountItself(visitor)) return say(c, ofThePerson)
    await next()
    return undefined
  })
  api.use('*', limitBody())
  api.use('*', limitDepth())
  // Before those with an id: `wait` is none.
  waitRoutes(api, archives, now)
  messageRoutes(api, archives, now)
  queueRoutes(api, archives, now)
  whyRoutes(api, archives, now)
  queueActionRoutes(api, archives, now)
  eventRoutes(api, archives, now)
  replayRoutes(api, archives)
  contentRoutes(api, archives, parts.contents)
  bundleRoutes(api, { archives, version, now })
  // Nobody is asked for it: that is the house's.
  evaluationRoutes(api, { now })
  detailRoutes(api, archives)
  // In the names that its login may write in, as when it hands letters in by SMTP.
  const clientOf = clientPlace(parts.proxies ?? [])
  if (sending !== undefined) sendRoutes(api, { sending, now, random: chance, clientOf })
  if (secondFactors !== undefined) secondFactorRoutes(api, secondFactors, account)
  describeApi(api, version)
  sayNoPath(api, () => ofTheHouse)
  return api
}

/**
 * An account may take back what waits. When it is tried, and whether it is held, is for whoever runs
 * the server: they may have held it for a reason.
 */
function isOfTheHouse(method: string, path: string): boolean {
  if (/^\/v1\/messages\/[^/]+\/drop$/.test(path) || isOfThePerson(path)) return false
  return neededScope(method, path) === 'manage'
}

/** By what an account logs in: a program that has a key of it is not who logs in. */
function isOfThePerson(path: string): boolean {
  return path === '/v1/second-factors' || path.startsWith('/v1/second-factors/')
}

const ofThePerson = problem(403, 'not-allowed', {
  title: 'That is not for a key',
  detail: 'The second factor of an account is for whoever has logged in on the page.',
})

const ofTheHouse = problem(403, 'not-allowed', {
  title: 'That is not for an account',
  detail: 'An account sees its own mail and its journeys. This is for whoever runs the server.',
  hint: '/v1/openapi.json has what an account may ask.',
})

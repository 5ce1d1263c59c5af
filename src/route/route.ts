import { isAddressLiteral, literalIp, parseAddressLiteral } from '../address/address-literal.ts'
import { formatIp, parseIp, unmapIp } from '../base/ip.ts'
import { isQueryableName, type MxRecord, normalizeName, type Resolver } from '../dns/resolver.ts'
import { type AddressAnswer, type FamilyOrder, lookUpAddresses } from './addresses.ts'
import { orderExchanges } from './exchanges.ts'
import { QuestionList } from './questions.ts'
import type { Evidence, ExchangeFate, Route, RouteTarget } from './found-route.ts'
import { makeReachCheck, type ReachCheck } from './reach.ts'
import { makeSelfCheck, type RouteRules, type Self, type SelfCheck } from './self.ts'

export interface RouteOptions extends Self {
  /** Numbers in [0, 1): shuffles exchanges of equal preference (RFC 5321 §5.1). */
  readonly random: () => number
  /**
   * The order of an exchange's addresses. `ipv6-first` (the default) and `ipv4-first` take the two
   * families in turn, so that a family that does not work costs one attempt and not all of them; the
   * resolver's order within a family is kept, as RFC 5321 §5.1 demands.
   */
  readonly families?: FamilyOrder
  /** Exchanges that are looked up; 10 when not given. */
  readonly maxExchanges?: number
  /**
   * Addresses in the list; 20 when not given. RFC 5321 §5.1 asks for at least two. One that several
   * exchanges have counts once, and is a target of each.
   */
  readonly maxAddresses?: number
  /** Absent: those of now. */
  readonly rules?: RouteRules
}

/**
 * Finds the servers for a destination (RFC 5321 §5.1).
 *
 * Asks MX, then A and AAAA of at most `maxExchanges` exchanges. A domain without MX is its own
 * exchange; a null MX takes no mail (RFC 7505). A record that points nowhere for certain is passed
 * over, one that could not be asked defers, unless another exchange can be used. Never rejects.
 *
 * @param destination a domain as `parseDomain` gives it, or an address literal with its brackets
 */
export async function routeTo(
  destination: string,
  resolver: Resolver,
  options: RouteOptions,
): Promise<Route> {
  const asked = new QuestionList(resolver)
  const isSelf = makeSelfCheck(options, options.rules)
  const { allowedNetworks } = options
  const reach = allowedNetworks === undefined ? everywhere : makeReachCheck(allowedNetworks)
  if (isAddressLiteral(destination)) return routeToLiteral(destination, isSelf, reach)
  const domain = normalizeName(destination)
  if (!isQueryableName(domain)) {
    return noSuchDomain({ questions: [], exchanges: [] }, `"${domain}" is not a domain name.`)
  }

  const mx = await asked.ask(domain, 'MX')
  switch (mx.type) {
    case 'failed': {
      const because = `The mail servers of ${domain} could not be looked up (${mx.reason}).`
      return couldNotAsk({ questions: asked.questions, exchanges: [] }, because)
    }
    case 'noName':
      return noSuchDomain(
        { questions: asked.questions, exchanges: [] },
        `The domain ${domain} does not exist.`,
      )
    case 'noData': {
      // RFC 5321 §5.1: no MX records mean one with preference 0 that names the domain itself, and a
      // domain that is an alias stands for the name that it leads to.
      const led = mx.aliases ?? []
      const host = led.find((name) => isSelf.alias(name)) ?? led.at(-1) ?? domain
      const records = [{ preference: 0, exchange: host }]
      return routeByRecords({ domain, via: 'implicit-mx', records, mxDnssec: mx.dnssec }, asked, {
        isSelf,
        reach,
        options,
      })
    }
    case 'found':
      return routeByRecords(
        { domain, via: 'mx', records: mx.records, mxDnssec: mx.dnssec },
        asked,
        { isSelf, reach, options },
      )
  }
}

/** RFC 5321 §4.1.3: mail for a literal goes to that address, and DNS is not asked. */
function routeToLiteral(destination: string, isSelf: SelfCheck, reach: ReachCheck): Route {
  const evidence: Evidence = { questions: [], exchanges: [] }
  const literal = parseAddressLiteral(destination)
  const ip = literal === undefined ? undefined : literalIp(literal)
  if (literal === undefined || ip === undefined) {
    return noSuchDomain(evidence, `"${destination}" is not an address that mail can be sent to.`)
  }
  if (isSelf.address(ip)) {
    return loop(evidence, `${literal} is this server, which does not take mail for it.`)
  }
  const what = reach.forbidden(ip)
  if (what !== undefined) return notPublic(evidence, `${literal} is ${what}`)
  const plain = unmapIp(ip)
  const target: RouteTarget = {
    host: literal,
    preference: 0,
    address: formatIp(plain),
    family: plain.family,
    dnssec: 'insecure',
  }
  return { type: 'targets', via: 'literal', targets: [target], ...evidence }
}

interface Plan {
  readonly domain: string
  readonly via: 'mx' | 'implicit-mx'
  readonly records: readonly MxRecord[]
  readonly mxDnssec: 'secure' | 'insecure'
}

async function routeByRecords(
  plan: Plan,
  asked: QuestionList,
  {
    isSelf,
    reach,
    options,
  }: { readonly isSelf: SelfCheck; readonly reach: ReachCheck; readonly options: RouteOptions },
): Promise<Route> {
  const { domain, via } = plan
  // RFC 7505 §3: the only record, and its exchange is the root.
  if (plan.records.every((record) => isRoot(record.exchange))) {
    return {
      type: 'permanent',
      reason: 'null-mx',
      status: '5.1.10',
      because: `${domain} says that it takes no mail (null MX).`,
      questions: asked.questions,
      exchanges: [],
    }
  }

  const ordered = orderExchanges(plan.records, options.random)
  const limit = options.maxExchanges ?? 10
  const lookUps = ordered.map(async ({ exchange }, index): Promise<AddressAnswer> => {
    if (isRoot(exchange) || !isQueryableName(exchange) || parseIp(exchange) !== undefined) {
      return { type: 'not-a-name' }
    }
    if (isSelf.name(exchange)) return { type: 'self' }
    if (index >= limit) return { type: 'over-limit' }
    const order = options.families ?? 'ipv6-first'
    return lookUpAddresses(exchange, asked, { isSelf, reach, order })
  })
  const answers = await Promise.all(lookUps)

  // RFC 5321 §5.1: this server in the list means that only exchanges preferred to it may be tried;
  // with any other the message would come back.
  let floor = Infinity
  for (const [index, { preference }] of ordered.entries()) {
    if (answers[index]?.type === 'self') floor = Math.min(floor, preference)
  }

  const targets: RouteTarget[] = []
  const exchanges: ExchangeFate[] = []
  const taken = new Set<string>()
  const pairs = new Set<string>()
  const maxAddresses = options.maxAddresses ?? 20
  for (const [index, { exchange: host, preference }] of ordered.entries()) {
    const answer = answers[index]
    if (answer === undefined) throw new Error('routeTo: an exchange without an answer')
    let fate: ExchangeFate['fate'] = answer.type === 'addresses' ? 'over-limit' : answer.type
    if (fate !== 'self' && preference >= floor) fate = 'behind-self'
    else if (answer.type === 'addresses') {
      if (taken.size < maxAddresses) fate = 'used'
      for (const { address, family, dnssec } of answer.addresses) {
        // What is asked of a server hangs on its name: under another one it may be let have the mail.
        const pair = options.rules === 1 ? address : `${host} ${address}`
        if (pairs.has(pair) || (taken.size >= maxAddresses && !taken.has(address))) continue
        pairs.add(pair)
        taken.add(address)
        fate = 'used'
        const secure = dnssec === 'secure' && plan.mxDnssec === 'secure'
        const state = secure ? 'secure' : 'insecure'
        targets.push({ host, preference, address, family, dnssec: state })
      }
    }
    const refused = 'refused' in answer ? answer.refused : []
    exchanges.push({ host, preference, fate, ...(refused.length > 0 ? { refused } : {}) })
  }
  const evidence: Evidence = { questions: asked.questions, exchanges }
  if (targets.length > 0) return { type: 'targets', via, targets, ...evidence }
  return noTargets(plan, evidence)
}

/** Nothing can be tried: for now, or for good? */
function noTargets({ domain, via }: Plan, evidence: Evidence): Route {
  const fates = new Set(evidence.exchanges.map(({ fate }) => fate))
  // One exchange that is unknown is enough: it may have an address that would have been used.
  // RFC 5321 §5.1: "If a temporary error is returned, the message MUST be queued and retried".
  if (fates.has('could-not-ask') || fates.has('over-limit')) {
    const what = via === 'mx' ? `the mail servers of ${domain}` : domain
    return couldNotAsk(evidence, `The addresses of ${what} could not be looked up.`)
  }
  if (fates.has('self')) {
    const because = `DNS says that mail for ${domain} comes to this server, which does not take it.`
    return loop(evidence, because)
  }
  if (fates.has('not-public')) {
    const refused = evidence.exchanges.flatMap((exchange) => exchange.refused ?? [])
    return notPublic(evidence, refused.slice(0, 3).join(', '))
  }
  if (via === 'implicit-mx') {
    // RFC 3463 X.1.2: the system exists, but "is incapable of accepting mail".
    const because = `The domain ${domain} has neither a mail server (MX) nor an address.`
    return {
      type: 'permanent',
      reason: 'no-address',
      status: '5.1.2',
      because,
      ...evidence,
    }
  }
  // RFC 5321 §5.1: MX records that lead to no address are an error, never a reason to try the
  // address of the domain itself.
  const names = evidence.exchanges.slice(0, 3).map(({ host }) => (host === '' ? '.' : host))
  const because = `The mail servers of ${domain} (${names.join(', ')}) have no address.`
  return { type: 'permanent', reason: 'no-address', status: '5.4.4', because, ...evidence }
}

function isRoot(exchange: string): boolean {
  return exchange === '' || exchange === '.'
}

function couldNotAsk(evidence: Evidence, because: string): Route {
  return { type: 'temporary', reason: 'could-not-ask', status: '4.4.3', because, ...evidence }
}

function noSuchDomain(evidence: Evidence, because: string): Route {
  return { type: 'permanent', reason: 'no-such-domain', status: '5.1.2', because, ...evidence }
}

/** The sender is told what DNS says, and whoever runs this server what to do when it is meant. */
function notPublic(evidence: Evidence, what: string): Route {
  const because = `No mail is taken there: ${what}. The setting queue.allow_networks allows a network.`
  return { type: 'permanent', reason: 'not-public', status: '5.4.4', because, ...evidence }
}

const everywhere: ReachCheck = { forbidden: () => undefined }

function loop(evidence: Evidence, because: string): Route {
  return { type: 'permanent', reason: 'loop', status: '5.4.6', because, ...evidence }
}

import type { ClientRequest, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { checkServerIdentity, type PeerCertificate, type SecureContext, TLSSocket } from 'node:tls'
import { bad, ok, type Result } from '../base/result.ts'
import type { Resolver } from '../dns/resolver.ts'
import { oneLine } from '../message/field.ts'
import { parseMediaType } from '../message/media-type.ts'
import type { StsTrouble } from '../mta-sts/finding.ts'
import { maxPolicyOctets } from '../mta-sts/policy.ts'
import { describeCertificateProblem } from './certificate-problem.ts'
import { dialProblem } from './dialer.ts'
import type { CallPlace } from './outside-address.ts'
import { addressesOf, inTime } from './outside-call.ts'
import { describeTlsProblem } from './tls-problem.ts'

export interface PolicyFetcherOptions {
  readonly placeOf: CallPlace
  /** With whom certificates must begin. Absent: what Node itself trusts. */
  readonly trust?: SecureContext | undefined
  /** For all of a fetch, questions to DNS and all addresses that are tried. */
  readonly timeoutMs?: number
  /** For one connection to be there; another address may answer. */
  readonly connectMs?: number
  /** When it is aborted, what is under way ends as a failure with its reason, and so does all else. */
  readonly open?: AbortSignal
}

/** So many addresses of a policy host are called. */
const mostCalls = 4

/** What one address said, or that it could not be reached and another may be. */
type Called =
  | { readonly type: 'answer'; readonly result: Result<Uint8Array, StsTrouble> }
  | { readonly type: 'unreached'; readonly text: string }

/** Fetches the policies of MTA-STS over HTTPS. RFC 8461 §3.3. */
export class PolicyFetcher {
  readonly #options: PolicyFetcherOptions

  constructor(options: PolicyFetcherOptions) {
    this.#options = options
  }

  /**
   * The octets of the policy of a domain, at most 64 KiB, or why they could not be had. Only a plain
   * answer of status 200 and of type text/plain counts, from a host whose certificate is valid for
   * the name of the policy host; redirects are not followed, nothing packed is unpacked. Never
   * rejects, and ends within `timeoutMs`.
   *
   * @param resolver asked for the addresses of the policy host, which are then called
   */
  async fetch(domain: string, resolver: Resolver): Promise<Result<Uint8Array, StsTrouble>> {
    const { timeoutMs = 20_000, open } = this.#options
    const host = `mta-sts.${domain}`
    const late = AbortSignal.timeout(timeoutMs)
    const signal = open === undefined ? late : AbortSignal.any([open, late])
    try {
      return await this.#fetch(host, resolver, signal)
    } catch (problem) {
      const text = problem instanceof Error ? problem.message : String(problem)
      const after = `${host} did not give its policy within ${timeoutMs / 1000} s.`
      return notFetched(late.aborted ? after : oneLine(text, 300))
    }
  }

  async #fetch(
    host: string,
    resolver: Resolver,
    signal: AbortSignal,
  ): Promise<Result<Uint8Array, StsTrouble>> {
    const addresses = await inTime(addressesOf(resolver, host), signal)
    if (addresses.length === 0) return notFetched(`${host} has no address.`)
    const places = addresses.map((ip) => ({ ip, place: this.#options.placeOf(ip) }))
    const refused: string[] = []
    let calls = 0
    for (const { ip, place } of places) {
      if (typeof place === 'string') {
        refused.push(`${ip} is ${place}, which is not called`)
        continue
      }
      if (++calls > mostCalls) break
      const called = await this.#call({ host, ip, place, signal })
      if (called.type === 'answer') return called.result
      refused.push(`${ip}: ${called.text}`)
    }
    return notFetched(oneLine(`${host} could not be reached: ${refused.join('; ')}.`, 300))
  }

  #call(target: {
    readonly host: string
    readonly ip: string
    readonly place: { readonly host: string; readonly port: number }
    readonly signal: AbortSignal
  }): Promise<Called> {
    const { host, place, signal } = target
    const { trust, connectMs = 5000 } = this.#options
    return new Promise((resolve, reject) => {
      const asked = request({
        ...place,
        method: 'GET',
        path: '/.well-known/mta-sts.txt',
        headers: { host, accept: 'text/plain', 'accept-encoding': 'identity' },
        servername: host,
        agent: false,
        signal,
        maxHeaderSize: 16 * 1024,
        checkServerIdentity: hasName,
        ...(trust === undefined ? {} : { secureContext: trust }),
      })
      const done = (result: Result<Uint8Array, StsTrouble>): void => {
        resolve({ type: 'answer', result })
        asked.destroy()
      }
      const state = { connected: false, secure: false, answered: false }
      asked.on('socket', (socket) => {
        const timer = setTimeout(() => {
          resolve({ type: 'unreached', text: `no connection within ${connectMs / 1000} s` })
          asked.destroy()
        }, connectMs)
        socket.once('close', () => clearTimeout(timer))
        socket.once('connect', () => {
          clearTimeout(timer)
          state.connected = true
        })
        socket.once('secureConnect', () => (state.secure = true))
      })
      asked.on('error', (problem: NodeJS.ErrnoException) => {
        if (signal.aborted) return reject(signal.reason)
        if (!state.connected) return resolve({ type: 'unreached', text: dialProblem(problem).text })
        resolve({ type: 'answer', result: broken(asked, problem, host, state.secure) })
      })
      asked.on('response', (answer) => {
        state.answered = true
        readAnswer(answer, host, done)
      })
      // Where an answer is none, as "101 Switching Protocols", Node tells of nothing but this.
      asked.on('close', () => {
        const what = state.answered ? 'before its answer was whole' : 'without an answer'
        done(notFetched(`${host} ended the connection ${what}.`))
      })
      asked.end()
    })
  }
}

/** What went wrong with a connection that was there. */
function broken(
  asked: ClientRequest,
  problem: NodeJS.ErrnoException,
  host: string,
  secure: boolean,
): Result<never, StsTrouble> {
  const { socket } = asked
  const code = socket instanceof TLSSocket ? socket.authorizationError : undefined
  // Node says null while nothing is wrong, which its types do not tell.
  if (code !== undefined && code !== null) {
    return bad({
      stage: 'certificate',
      text: `The certificate of ${host} is not valid: ${describeCertificateProblem(String(code))}.`,
      resultType: 'sts-webpki-invalid',
    })
  }
  if (!secure) {
    return notFetched(`There is no TLS with ${host}: ${describeTlsProblem(problem)}.`)
  }
  return notFetched(`The answer of ${host} broke off: ${oneLine(problem.message, 100)}.`)
}

/** RFC 8461 §3.3: names stand in subjectAltName alone; Node would also look at the common name. */
function hasName(host: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname === undefined) {
    const code = 'ERR_TLS_CERT_ALTNAME_INVALID'
    return Object.assign(new Error('The certificate has no subjectAltName.'), { code })
  }
  return checkServerIdentity(host, certificate)
}

function readAnswer(
  answer: IncomingMessage,
  host: string,
  done: (result: Result<Uint8Array, StsTrouble>) => void,
): void {
  const refusal = headProblem(answer)
  if (refusal !== undefined) return done(notFetched(`${host} ${refusal}.`))
  const pieces: Buffer[] = []
  let octets = 0
  answer.on('data', (piece: Buffer) => {
    pieces.push(piece)
    octets += piece.length
    if (octets <= maxPolicyOctets) return
    const text = `The policy of ${host} has more than ${maxPolicyOctets} octets.`
    done(bad({ stage: 'policy', text, resultType: 'sts-policy-invalid' }))
  })
  // What is cut never ends; that the connection is closed is told by the request.
  answer.on('end', () => done(ok(new Uint8Array(Buffer.concat(pieces)))))
  answer.on('error', () => undefined)
}

/** What is wrong with the head of an answer, as the end of a sentence about the policy host. */
function headProblem({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  if (statusCode >= 300 && statusCode < 400) {
    const to = oneLine(headers.location ?? '', 100)
    return `answers with a redirect (${statusCode}) to "${to}", which is not followed`
  }
  if (statusCode !== 200) return `answers with status ${statusCode}, not 200`
  const packed = headers['content-encoding'] ?? 'identity'
  if (packed.toLowerCase() !== 'identity') {
    return `packs its policy ("${oneLine(packed, 40)}"), though nobody asked for that`
  }
  const media = parseMediaType(headers['content-type'] ?? '')
  if (media?.type !== 'text' || media.subtype !== 'plain') {
    const type = oneLine(headers['content-type'] ?? '', 60)
    return `says that its policy is "${type}", not text/plain`
  }
  // RFC 9112 §8: without either nobody knows whether the end of the connection is that of the policy.
  const isMeasured = 'content-length' in headers || 'transfer-encoding' in headers
  return isMeasured ? undefined : 'says nowhere how long its policy is, so it may be cut'
}

function notFetched(text: string): Result<never, StsTrouble> {
  return bad({ stage: 'fetch', text, resultType: 'sts-policy-fetch-error' })
}

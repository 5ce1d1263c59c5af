import { literalIp, parseAddressLiteral } from '../address/address-literal.ts'
import type { Clock } from '../base/clock.ts'
import { formatIp } from '../base/ip.ts'
import type { Peer } from '../io/peer.ts'
import type { Begin, JourneyBuilder } from '../journey/builder.ts'
import type { Line } from '../journey/spoken.ts'
import type { RouteTarget } from '../route/found-route.ts'
import {
  type ClientOptions,
  type ClientTransaction,
  type RecipientOutcome,
  type Setback,
  defaultClientOptions,
} from '../smtp/client-types.ts'
import type { Extensions } from '../smtp/ehlo.ts'
import { setback } from '../smtp/failure.ts'
import { describeReply } from '../smtp/reply.ts'
import { ClientSession } from './client-session.ts'
import { orInClearText } from './fall-back.ts'
import { lacksTrust, noDemand } from './proof.ts'
import type { ProbeInput, ProbeTools } from './probe-input.ts'
import { tellTls, type WantedTls } from './tls-told.ts'

/** What one address came to. */
export type Talked =
  | { readonly type: 'unreachable'; readonly because: string }
  | {
      readonly type: 'talked'
      readonly target: RouteTarget
      readonly begin: Begin
      readonly lines: readonly Line[]
      readonly extensions: Extensions | undefined
      readonly outcome:
        | { readonly type: 'reached'; readonly recipients: readonly RecipientOutcome[] }
        | { readonly type: 'failed'; readonly failure: Setback }
    }

/** Every single wait has the same limit; so many of them is all that a probe takes. */
const waits = 10

/** Dials one address and speaks as far as it is wanted, with TLS as mail of ours has it. */
export async function talkTo(
  target: RouteTarget,
  input: ProbeInput,
  tools: ProbeTools,
  log: JourneyBuilder,
): Promise<Talked> {
  const first = await talkOnce(target, input, tools, log)
  if (input.tls !== 'opportunistic') return first.talked
  const { host } = target
  const end = await orInClearText(first, { host, log }, () => {
    return talkOnce(target, { ...input, tls: 'never' }, tools, log)
  })
  return end.talked
}

async function talkOnce(
  target: RouteTarget,
  input: ProbeInput,
  tools: ProbeTools,
  log: JourneyBuilder,
): Promise<{ readonly talked: Talked; readonly tlsFailed: string | undefined }> {
  const { host, address: ip } = target
  const { port, stage, timeoutMs } = input
  const begin = log.begin()
  const place = tools.dialer.realPlace({ ip, port })
  const dialled = await tools.dialer.dial({ ip, port, timeoutMs })
  const where = { type: 'dial', host, ip, port, place } as const
  if (dialled.type === 'failed') {
    log.step({ ...where, problem: dialled.text }, begin)
    const because = `${host} (${ip}:${port}) could not be reached: ${dialled.text}.`
    return { talked: { type: 'unreachable', because }, tlsFailed: undefined }
  }
  log.step({ ...where, problem: undefined }, begin)
  const { peer } = dialled
  const talkBegin = log.begin()
  const common = { type: 'talked', target, begin: talkBegin } as const
  if (stage === 'connect') {
    peer.destroy()
    const outcome = { type: 'reached', recipients: [] } as const
    const nothing = { lines: [], extensions: undefined }
    return { talked: { ...common, ...nothing, outcome }, tlsFailed: undefined }
  }
  if (input.tls === 'implicit') {
    const serverName = nameFor(host)
    const { trustAnchors } = tools
    const started = await peer.startTls({ side: 'client', serverName, trustAnchors, timeoutMs })
    if (started.type === 'failed') {
      peer.destroy()
      const text = `TLS could not be started: ${started.problem}`
      const outcome = { type: 'failed', failure: setback('tlsFailed', 'CONNECT', text) } as const
      const nothing = { lines: [], extensions: undefined }
      return { talked: { ...common, ...nothing, outcome }, tlsFailed: undefined }
    }
  }
  return await speak(peer, common, input, tools, log)
}

async function speak(
  peer: Peer,
  common: { readonly type: 'talked'; readonly target: RouteTarget; readonly begin: Begin },
  input: ProbeInput,
  { clock, trustAnchors }: ProbeTools,
  log: JourneyBuilder,
): Promise<{ readonly talked: Talked; readonly tlsFailed: string | undefined }> {
  const { host } = common.target
  const mustBeTrusted = input.tls === 'verified'
  const options = clientOptions(input)
  const session = new ClientSession({
    peer,
    options,
    clock,
    serverName: nameFor(host),
    trustAnchors,
    lacks: mustBeTrusted ? lacksTrust : undefined,
  })
  const patience = limited(session, clock, input.timeoutMs * waits)
  const greeting = log.begin()
  const greeted = await session.greet()
  if (hasToldTls(session, input)) {
    const wanted = wantedTls[input.tls]
    const told = { log, demand: noDemand, wholeCertificate: true } as const
    const telling = { input: told, begin: greeting, wanted, proved: undefined }
    tellTls(host, session, telling)
  }
  const extensions = greeted.type === 'ready' ? greeted.extensions : undefined
  const outcome =
    greeted.type === 'failed'
      ? ({ type: 'failed', failure: ownWords(greeted.failure, session, mustBeTrusted) } as const)
      : await furtherOn(session, input)
  session.quit()
  await session.closed
  patience()
  const talked = { ...common, lines: session.takeLines(), extensions, outcome }
  return { talked, tlsFailed: session.tlsFailure }
}

/** Breaks the session off when all of it takes too long; gives a way to stop that. */
function limited(session: ClientSession, clock: Clock, ms: number): () => void {
  return clock.setTimer(ms, () => session.breakOff(`the probe took longer than ${ms / 1000} s`))
}

/** A failed handshake in its own words: why the certificate does not do is what is asked for here. */
function ownWords(failure: Setback, session: ClientSession, mustBeTrusted: boolean): Setback {
  const { tlsFailure } = session
  if (failure.because !== 'tlsFailed' || tlsFailure === undefined) return failure
  const asked = mustBeTrusted ? 'TLS with a certificate that holds was asked for' : failure.text
  return { ...failure, text: `${asked}: ${tlsFailure}` }
}

/** MAIL and what comes behind it, as far as it is wanted. */
async function furtherOn(
  session: ClientSession,
  { stage, letter, reversePath, recipients, smtpUtf8, tls }: ProbeInput,
): Promise<(Talked & { type: 'talked' })['outcome']> {
  switch (stage) {
    case 'connect':
    case 'banner':
    case 'ehlo':
    case 'auth':
      return { type: 'reached', recipients: [] }
    case 'starttls': {
      if (session.tls !== undefined || tls === 'never') return { type: 'reached', recipients: [] }
      const refused = session.tlsRefusal
      const failure =
        refused === undefined
          ? setback('tlsNotOffered', 'STARTTLS')
          : setback('tlsFailed', 'STARTTLS', `STARTTLS was refused: ${describeReply(refused)}`)
      return { type: 'failed', failure }
    }
    case 'mail':
    case 'rcpt':
    case 'data':
    case 'message': {
      const stops = { mail: 'MAIL', rcpt: 'RCPT', data: 'DATA', message: undefined } as const
      const stopAfter = stops[stage]
      const transaction: ClientTransaction = {
        reversePath,
        recipients,
        size: letter.octets.length,
        eightBit: letter.eightBit,
        smtpUtf8,
        utf8Header: letter.utf8Header,
        ret: null,
        envid: null,
        ...(stopAfter === undefined ? {} : { stopAfter }),
      }
      return { type: 'reached', recipients: await session.send(transaction, once(letter.octets)) }
    }
  }
}

/** What the certificate is to be for: of an address literal the address in it. */
function nameFor(host: string): string {
  const literal = parseAddressLiteral(host)
  const ip = literal === undefined ? undefined : literalIp(literal)
  return ip === undefined ? host : formatIp(ip)
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets
}

/** Whether it came so far that TLS is something or nothing: else what it says is no answer to that. */
function hasToldTls(session: ClientSession, { stage }: Pick<ProbeInput, 'stage'>): boolean {
  if (session.tls !== undefined) return true
  if (stage === 'banner' || stage === 'ehlo') return false
  return session.greeted && session.tlsFailure === undefined
}

const wantedTls: Readonly<Record<ProbeInput['tls'], WantedTls>> = {
  never: 'never',
  opportunistic: 'whenOffered',
  required: 'required',
  verified: 'required',
  implicit: 'active',
}

function clientOptions({
  hostname,
  protocol,
  tls,
  auth,
  stage,
  timeoutMs,
}: ProbeInput): ClientOptions {
  const stops = stage === 'banner' || stage === 'ehlo' || stage === 'starttls'
  const { timeouts, ...others } = defaultClientOptions
  const shorter = (ms: number): number => Math.min(ms, timeoutMs)
  return {
    ...others,
    hostname,
    protocol,
    tls: wantedTls[tls],
    auth: auth ?? null,
    timeouts: {
      greetingMs: shorter(timeouts.greetingMs),
      commandMs: shorter(timeouts.commandMs),
      mailMs: shorter(timeouts.mailMs),
      rcptMs: shorter(timeouts.rcptMs),
      dataMs: shorter(timeouts.dataMs),
      blockMs: shorter(timeouts.blockMs),
      messageMs: shorter(timeouts.messageMs),
      tlsMs: shorter(timeouts.tlsMs),
      quitMs: shorter(timeouts.quitMs),
    },
    ...(stops ? { stopAfter: stage } : {}),
  }
}

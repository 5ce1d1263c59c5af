import { parseForwardPath, parseReversePath } from '../address/path.ts'
import { WaybillError } from '../base/error.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { parseFault } from '../desk/fault-text.ts'
import { ClientSession } from '../deliver/client-session.ts'
import type { Zone } from '../dns/zone-table.ts'
import { dialTcp } from '../io/dialer.ts'
import {
  type ClientOptions,
  type RecipientOutcome,
  defaultClientOptions,
} from '../smtp/client-types.ts'
import type { StoredJourney } from '../store/ports/journeys.ts'
import type { Lab } from './lab.ts'
import { labPassword, type Place, places, sender } from './places.ts'

/** A letter as somebody writes it: header and text, lines ended by LF or CRLF. */
export interface Letter {
  readonly mailFrom: string
  readonly rcptTo: string
  readonly message: string
}

/** What a server said to a letter. */
export interface SendResult {
  readonly accepted: boolean
  readonly code: number
  readonly text: string
}

/** What a situation can do in the lab. */
export interface LabTools {
  /** Changes what DNS says: these names are replaced, the others stay. */
  changeZone(changes: Zone): void
  /** Strangers must come twice at south from now on. */
  greylist(): void
  /** This goes wrong between the two servers from now on, or so often. As `parseFault` reads it. */
  trouble(fault: string, times?: number): void
  /** Logs in at north as its sender and submits a letter. Gives the id of its journey. */
  submit(letter: Letter): Promise<string>
  /** Hands a letter to south's port 25 from another place. */
  send(from: Place, letter: Letter): Promise<SendResult>
  /** The message as south's receiver, or another server, would hold it: with north's signature. */
  signedByNorth(message: string): Promise<string>
  signedByLists(message: string): Promise<string>
  /**
   * Waits until the letter of this journey has arrived, failed, or waits for a later attempt; then
   * the clock is set ahead to that attempt, until all is over.
   */
  untilOver(journeyId: string): Promise<void>
}

/** The tools over the running lab. */
export function labTools(lab: Lab): LabTools {
  return {
    changeZone: (changes) => lab.changeZone(changes),
    greylist: () => lab.greylist(),
    trouble: (fault, times) => lab.trouble.begin(parseFault(fault), times),
    submit: (letter) => submit(lab, letter),
    send: (from, letter) => sendFrom(lab, from, letter),
    signedByNorth: (message) => Promise.resolve(lab.sign('north', withDate(lab, message))),
    signedByLists: (message) => Promise.resolve(lab.sign('lists', message)),
    untilOver: (journeyId) => untilOver(lab, journeyId),
  }
}

/** A letter that a program of north would have completed. */
function withDate(lab: Lab, message: string): string {
  const date = new Date(lab.clock.now()).toUTCString().replace('GMT', '+0000')
  const id = `<${lab.clock.now().toString(36)}@north.example>`
  return `Date: ${date}\r\nMessage-ID: ${id}\r\n${message}`
}

/** Logs in at north over TLS, as a mail program does. */
async function submit(lab: Lab, letter: Letter): Promise<string> {
  const { submissions: port } = lab.ports
  const dialled = await dialTcp('127.0.0.1', port, 5000)
  if (dialled.type === 'failed') {
    throw new WaybillError('port-taken', `The lab's port ${port} does not answer: ${dialled.text}`)
  }
  const started = await dialled.peer.startTls({
    side: 'client',
    serverName: places.north.host,
    trustAnchors: [lab.authority],
    timeoutMs: 5000,
  })
  if (started.type === 'failed') throw new Error(`lab: TLS failed: ${started.problem}`)
  const auth = {
    username: sender,
    password: labPassword,
    authorizationId: '',
    allowClearText: false,
  }
  const options = { ...defaultClientOptions, hostname: '[127.0.0.1]', tls: 'active', auth } as const
  const outcome = await converse(lab, { peer: dialled.peer, options, letter })
  const text = outcome.reply?.lines.join(' ') ?? ''
  const id = /Ref ([0-9a-z]{16})/.exec(text)?.[1]
  if (outcome.result !== 'accepted' || id === undefined) {
    throw new Error(`lab: north did not take the letter: ${text}`)
  }
  return id
}

async function sendFrom(lab: Lab, from: Place, letter: Letter): Promise<SendResult> {
  const { host, ip } = places[from]
  const dialer = lab.network.dialerFrom(ip)
  const dialled = await dialer.dial({ ip: places.south.ip, port: 25, timeoutMs: 5000 })
  if (dialled.type === 'failed') throw new Error(`lab: south does not answer: ${dialled.text}`)
  const options = { ...defaultClientOptions, hostname: host } as const
  const outcome = await converse(lab, { peer: dialled.peer, options, letter })
  const { reply } = outcome
  return {
    accepted: outcome.result === 'accepted',
    code: reply?.code ?? 0,
    text: reply?.lines.join(' ') ?? '',
  }
}

/** One session with one letter, to its end. */
async function converse(
  lab: Lab,
  input: {
    readonly peer: ConstructorParameters<typeof ClientSession>[0]['peer']
    readonly options: ClientOptions
    readonly letter: Letter
  },
): Promise<RecipientOutcome> {
  const { peer, options, letter } = input
  const trustAnchors = [lab.authority]
  const serverName = places.south.host
  const session = new ClientSession({ peer, options, clock: lab.clock, serverName, trustAnchors })
  const greeted = await session.greet()
  if (greeted.type === 'failed') throw new Error(`lab: ${greeted.failure.text}`)
  const octets = encodeUtf8(letter.message)
  const reversePath = parseReversePath(`<${letter.mailFrom}>`)
  const forwardPath = parseForwardPath(`<${letter.rcptTo}>`)
  if (!reversePath.ok || !forwardPath.ok) throw new Error('lab: a letter with a wrong address')
  const transaction = {
    reversePath: reversePath.value,
    recipients: [{ forwardPath: forwardPath.value, notify: null, orcpt: null }],
    size: octets.length,
    eightBit: false,
    smtpUtf8: false,
    utf8Header: false,
    ret: null,
    envid: null,
  }
  const [outcome] = await session.send(transaction, once(octets))
  session.quit()
  // A lab that ends before the server has heard it would write down a connection that broke off.
  await session.closed
  if (outcome === undefined) throw new Error('lab: no outcome')
  return outcome
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets
}

/** How far the clock may be set ahead for one letter: past every retry there is. */
const maxAdvances = 200

/** Waits for each settlement of a journey; between attempts the clock is set ahead. */
async function untilOver(lab: Lab, journeyId: string): Promise<void> {
  for (let advances = 0; advances < maxAdvances; advances++) {
    const journey = await settled(lab, journeyId)
    if (journey.status !== 'deferred') return
    const [item] = await lab.north.store.queue.list({ limit: 1 })
    if (item === undefined) return
    const wait = item.nextAttemptAt - lab.clock.now()
    const before = journey.appended.length
    const again = changedSince(lab, journeyId, before)
    lab.clock.advance(Math.max(0, wait) + 1000)
    lab.north.site.wakeQueue()
    await again
  }
}

/** The journey, once its delivery has been settled at least once. */
function settled(lab: Lab, journeyId: string): Promise<StoredJourney> {
  return when(lab, async () => {
    const journey = await read(lab, journeyId)
    return journey !== undefined && journey.appended.length > 0 ? journey : undefined
  })
}

function changedSince(lab: Lab, journeyId: string, before: number): Promise<StoredJourney> {
  return when(lab, async () => {
    const journey = await read(lab, journeyId)
    return journey !== undefined && journey.appended.length > before ? journey : undefined
  })
}

async function read(lab: Lab, journeyId: string): Promise<StoredJourney | undefined> {
  const found = await lab.north.store.journeys.find(journeyId)
  return found.type === 'found' ? found.journey : undefined
}

/** Resolves with the first value that `look` gives, looking each time that north has written. */
async function when<T>(lab: Lab, look: () => Promise<T | undefined>): Promise<T> {
  const changes = lab.north.store.changes({ only: ['journey'] })
  try {
    for (;;) {
      const value = await look()
      if (value !== undefined) return value
      const { done } = await changes.next()
      if (done === true) throw new Error('lab: it was closed')
    }
  } finally {
    await changes.return?.()
  }
}

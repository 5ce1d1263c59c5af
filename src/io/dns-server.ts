import type { Socket as UdpSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { normalizeName } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import type { DnsEndpoint } from './stub-options.ts'
import {
  DnsFrames,
  type DnsMessage,
  classIn,
  ednsUdpSize,
  frameDnsMessage,
  rcodes,
} from './dns-message.ts'
import { writeDnsReply, writeTruncated } from './dns-packet-writer.ts'
import { type DnsPorts, openDnsPorts } from './dns-ports.ts'
import { readDnsMessage } from './dns-reader.ts'
import { DnsZones, type Reply, type ZoneSettings } from './dns-zones.ts'

/** What goes wrong at a name. */
export type DnsFault =
  | {
      readonly type:
        | 'servfail'
        | 'refused'
        /** No answer at all. */
        | 'silent'
        /** Over UDP only "too long"; over TCP the answer. */
        | 'truncated'
        /** A copy with another id comes before the answer. */
        | 'forged'
        /** Records of a type that was not asked for. */
        | 'wrong-type'
        /** Octets that are no message, behind the right id. */
        | 'garbage'
    }
  | { readonly type: 'delayed'; readonly delayMs: number }
  /** Every address in the answer is this one. */
  | { readonly type: 'lie'; readonly address: string }

export interface DnsServerOptions {
  /** 127.0.0.1 when not given. */
  readonly address?: string
  /** The same for UDP and TCP; 0 chooses one that is free for both. */
  readonly port: number
  readonly clock: Clock
  /** Apex → zone, as for `DnsServer.setZone`. */
  readonly zones?: Readonly<Record<string, Zone>>
  /** What goes wrong with the next question, for a name without a fault of its own. */
  readonly faultOf?: () => DnsFault | undefined
  /** Told of each question before it is answered. */
  readonly onQuestion?: (question: ServedQuestion) => void
}

export interface ServedQuestion {
  /** Lower case. */
  readonly name: string
  readonly typeCode: number
  readonly transport: 'udp' | 'tcp'
}

const maxConnections = 100
const idleTimeoutMs = 10_000
const maxUnreadBytes = 256 * 1024

/**
 * Opens an authoritative DNS server for zones in memory, over UDP and TCP, with faults by name: the
 * DNS of the lab and of tests. It is no recursive resolver, and not meant for the open network.
 *
 * @throws WaybillError `port-taken` when another program has the port or it may not be opened;
 * `usage` for a zone that cannot be read
 */
export async function openDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const zones = new DnsZones()
  for (const [apex, zone] of Object.entries(options.zones ?? {})) zones.set(apex, zone)
  const address = options.address ?? '127.0.0.1'
  return new DnsServer({ ports: await openDnsPorts(address, options.port), zones, options })
}

/** A running server; made by `openDnsServer`. */
export class DnsServer {
  readonly endpoint: DnsEndpoint
  readonly #udp: UdpSocket
  readonly #tcp: Server
  readonly #zones: DnsZones
  readonly #clock: Clock
  readonly #onQuestion: ((question: ServedQuestion) => void) | undefined
  readonly #faultOf: () => DnsFault | undefined
  readonly #faults = new Map<string, DnsFault>()
  readonly #connections = new Set<Socket>()
  readonly #delayed = new Set<() => void>()
  #closed: Promise<void> | undefined

  constructor(parts: {
    readonly ports: DnsPorts
    readonly zones: DnsZones
    readonly options: DnsServerOptions
  }) {
    this.endpoint = parts.ports.endpoint
    this.#udp = parts.ports.udp
    this.#tcp = parts.ports.tcp
    this.#zones = parts.zones
    this.#clock = parts.options.clock
    this.#onQuestion = parts.options.onQuestion
    this.#faultOf = parts.options.faultOf ?? (() => undefined)
    this.#udp.on('message', (octets, from) => {
      this.#handle(octets, 'udp', (reply) => {
        // A reply that cannot be sent is a reply that was lost: that is how UDP is.
        this.#udp.send(reply, from.port, from.address, () => {})
      })
    })
    this.#udp.on('error', () => {})
    this.#tcp.maxConnections = maxConnections
    this.#tcp.on('connection', (socket) => this.#serve(socket))
  }

  /**
   * Puts a zone in place of the one with the same apex, from the next question on.
   *
   * @param apex the name at its top; the empty string is the whole of DNS
   * @throws WaybillError `usage` for a value that cannot be read or a name outside of `apex`
   */
  setZone(apex: string, zone: Zone, settings: ZoneSettings = {}): void {
    this.#zones.set(apex, zone, settings)
  }

  removeZone(apex: string): void {
    this.#zones.remove(apex)
  }

  /** Makes `name` faulty, or sound again without a fault. `*` is every name without its own fault. */
  setFault(name: string, fault?: DnsFault): void {
    if (fault === undefined) this.#faults.delete(normalizeName(name))
    else this.#faults.set(normalizeName(name), fault)
  }

  /** Ends every connection and frees the port. Answers that were delayed are not sent. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    for (const cancel of this.#delayed) cancel()
    for (const socket of this.#connections) socket.destroy()
    await new Promise<void>((done) => this.#udp.close(() => done()))
    await new Promise<void>((done) => this.#tcp.close(() => done()))
  }

  #serve(socket: Socket): void {
    const frames = new DnsFrames()
    this.#connections.add(socket)
    socket.setTimeout(idleTimeoutMs, () => socket.destroy())
    socket.on('close', () => this.#connections.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Uint8Array) => {
      for (const octets of frames.push(chunk)) {
        this.#handle(octets, 'tcp', (reply) => {
          // Who asks and does not read is not worth the memory.
          if (socket.writableLength > maxUnreadBytes) socket.destroy()
          else if (socket.writable) socket.write(frameDnsMessage(reply))
        })
      }
    })
  }

  #handle(octets: Uint8Array, transport: 'udp' | 'tcp', send: (reply: Uint8Array) => void): void {
    const query = readDnsMessage(octets)
    // Answering an answer would be the start of an endless talk with another server.
    if (query === undefined || query.response) return
    const { question } = query
    const name = question?.name.toLowerCase() ?? ''
    if (question !== undefined) {
      this.#onQuestion?.({ name, typeCode: question.typeCode, transport })
    }
    const fault = this.#faults.get(name) ?? this.#faults.get('*') ?? this.#faultOf()
    const content = this.#content(query, fault)
    if (content.type === 'silence') return
    const reply =
      writeDnsReply(query, octets, content) ?? writeDnsReply(query, octets, plain(rcodes.servFail))
    if (reply === undefined) return
    const room = transport === 'tcp' ? 65_535 : udpRoom(query)
    const cut = reply.length > room || (fault?.type === 'truncated' && transport === 'udp')
    const fitting = cut ? writeTruncated(query, octets) : reply
    this.#send(fitting, fault, send)
  }

  #send(reply: Uint8Array, fault: DnsFault | undefined, send: (reply: Uint8Array) => void): void {
    if (fault?.type === 'delayed') {
      const cancel = this.#clock.setTimer(fault.delayMs, () => {
        this.#delayed.delete(cancel)
        send(reply)
      })
      this.#delayed.add(cancel)
      return
    }
    if (fault?.type === 'forged') {
      const forged = reply.slice()
      forged[0] = (forged[0] ?? 0) ^ 0xff
      send(forged)
    }
    if (fault?.type === 'garbage') send(reply.slice(0, 14))
    else send(reply)
  }

  #content(query: DnsMessage, fault: DnsFault | undefined): Reply {
    const { question } = query
    if (query.opcode !== 0) return plain(rcodes.notImp)
    if (question === undefined || query.questionCount !== 1) return plain(rcodes.formErr)
    if (question.classCode !== classIn) return plain(rcodes.refused)
    const name = question.name.toLowerCase()
    switch (fault?.type) {
      case 'servfail':
        return plain(rcodes.servFail)
      case 'refused':
        return plain(rcodes.refused)
      case 'silent':
        return { type: 'silence' }
      case 'wrong-type': {
        const record = { type: 'NS', name, ttlSeconds: 300, data: 'ns.invalid' } as const
        return { ...plain(rcodes.noError), answers: [record], authoritative: true }
      }
      case 'lie':
        return withAddress(this.#zones.answer(name, question.typeCode), fault.address)
      case 'truncated':
      case 'forged':
      case 'garbage':
      case 'delayed':
      case undefined:
        return this.#zones.answer(name, question.typeCode)
    }
  }
}

function withAddress(content: Reply, address: string): Reply {
  if (content.type === 'silence') return content
  const answers = content.answers.map((record) => {
    return record.type === 'A' ? { ...record, data: address } : record
  })
  return { ...content, answers }
}

function plain(rcode: number): Extract<Reply, { type: 'reply' }> {
  return { type: 'reply', rcode, answers: [], authoritative: false, authenticated: false }
}

/** RFC 6891 §6.2.3: what the asker can take, at least 512, and never so much that it is cut up. */
function udpRoom(query: DnsMessage): number {
  return Math.min(Math.max(query.edns?.udpSize ?? 512, 512), ednsUdpSize)
}

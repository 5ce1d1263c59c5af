import { WaybillError } from '../base/error.ts'
import type { DnsServer } from '../io/dns-server.ts'
import type { MailSystem } from '../app/mail-system.ts'
import { catchingPort } from '../catch/catching-port.ts'
import type { Manner } from '../sessions/sessions.ts'
import type { LabNetwork } from './network.ts'
import { places } from './places.ts'

/** The ports that people use; each pair of servers has one more of its own. */
export interface LabPorts {
  readonly smtp: number
  readonly submission: number
  readonly submissions: number
  readonly dns: number
}

export interface LabPortOptions {
  /** 0 lets the system choose. */
  readonly ports: LabPorts
  /** A port that is taken: `next` takes one of those behind it, `strict` gives up. */
  readonly taken: 'next' | 'strict'
  /** Ports that somebody asked for by number: none of these is replaced by another. */
  readonly named?: ReadonlySet<string>
}

/** The port that programs are pointed at: whatever address they write to, it is taken. */
const catching: Manner = { engine: { auth: 'any' }, port: ({ inbound }) => catchingPort(inbound) }

/** How many ports behind the one that is taken are tried. */
const triesBehind = 20

/** Opens at a port, or at the next free one behind it. */
export async function near<T>(
  options: Pick<LabPortOptions, 'taken' | 'named'>,
  name: string,
  port: number,
  open: (port: number) => Promise<T>,
): Promise<T> {
  const strict = options.taken === 'strict' || options.named?.has(name) === true
  for (let at = port; ; at++) {
    try {
      return await open(at)
    } catch (problem) {
      const taken = problem instanceof WaybillError && problem.code === 'port-taken'
      const last = port === 0 || strict || at >= port + triesBehind
      if (!taken || last) throw problem
    }
  }
}

/** Opens the ports for people, and one for each pair of servers that talk to each other. */
export async function openPorts(input: {
  readonly options: LabPortOptions
  readonly north: MailSystem
  readonly south: MailSystem
  readonly network: LabNetwork
  readonly dns: DnsServer
}): Promise<LabPorts> {
  const { options, north, south, network, dns } = input
  const address = '127.0.0.1'
  const { ports } = options
  const smtp = await near(options, 'smtp', ports.smtp, (port) => {
    // Programs that write here know nothing of the lab's authority, and many insist on TLS that they
    // can check once it is offered. The servers of the lab meet on ports of their own.
    const stranger = { clientIp: places.stranger.ip, tls: 'none' } as const
    return south.listen({ kind: 'smtp', address, port, ...stranger, manner: catching })
  })
  const submission = await near(options, 'submission', ports.submission, (port) => {
    return north.listen({ kind: 'submission', address, port })
  })
  const submissions = await near(options, 'submissions', ports.submissions, (port) => {
    return north.listen({ kind: 'submissions', address, port })
  })
  for (const from of ['north', 'forwarder', 'lists', 'stranger'] as const) {
    const { ip } = places[from]
    const inner = await south.listen({ kind: 'smtp', address, port: 0, clientIp: ip })
    network.connect(ip, places.south.ip, inner.port)
  }
  const back = await north.listen({
    kind: 'smtp',
    address,
    port: 0,
    clientIp: places.south.ip,
  })
  network.connect(places.south.ip, places.north.ip, back.port)
  return {
    smtp: smtp.port,
    submission: submission.port,
    submissions: submissions.port,
    dns: dns.endpoint.port,
  }
}

import type { DnsServer } from '../io/dns-server.ts'
import type { MailSystem } from '../app/mail-system.ts'
import { near, type NearOptions } from '../catch/near.ts'
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

export interface LabPortOptions extends NearOptions {
  /** 0 lets the system choose. */
  readonly ports: LabPorts
}

/** Opens the ports for people, and one for each pair of servers that talk to each other. */
export async function openPorts(input: {
  readonly options: LabPortOptions
  readonly north: MailSystem
  readonly south: MailSystem
  readonly network: LabNetwork
  readonly dns: DnsServer
  readonly manners: {
    /** Of the port for programs of this computer. */
    readonly catching: Manner
    /** Of the ports for users. */
    readonly usual: Manner
    /** Of those at which the servers meet. */
    readonly between: Manner
  }
}): Promise<LabPorts> {
  const { options, north, south, network, dns, manners } = input
  const address = '127.0.0.1'
  const { ports } = options
  const { usual, between } = manners
  const smtp = await near(options, 'smtp', ports.smtp, (port) => {
    // Programs that write here know nothing of the lab's authority, and many insist on TLS that they
    // can check once it is offered. The servers of the lab meet on ports of their own.
    const stranger = { clientIp: places.stranger.ip, tls: 'none' } as const
    return south.listen({
      kind: 'smtp',
      address,
      port,
      ...stranger,
      manner: manners.catching,
    })
  })
  const submission = await near(options, 'submission', ports.submission, (port) => {
    return north.listen({ kind: 'submission', address, port, manner: usual })
  })
  const submissions = await near(options, 'submissions', ports.submissions, (port) => {
    return north.listen({ kind: 'submissions', address, port, manner: usual })
  })
  for (const from of ['north', 'forwarder', 'lists', 'stranger'] as const) {
    const { ip } = places[from]
    const inner = await south.listen({
      kind: 'smtp',
      address,
      port: 0,
      clientIp: ip,
      manner: between,
    })
    network.connect(ip, places.south.ip, inner.port)
  }
  const back = await north.listen({
    kind: 'smtp',
    address,
    port: 0,
    clientIp: places.south.ip,
    manner: between,
  })
  network.connect(places.south.ip, places.north.ip, back.port)
  return {
    smtp: smtp.port,
    submission: submission.port,
    submissions: submissions.port,
    dns: dns.endpoint.port,
  }
}

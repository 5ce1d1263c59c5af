import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MailSystem } from '../app/mail-system.ts'
import { WaybillError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { Fault } from '../desk/fault.ts'
import { Faults } from '../desk/faults.ts'
import { MemoryDirectory } from '../directory/memory-directory.ts'
import { SigningKeys } from '../directory/signing-keys.ts'
import type { DecisionRules } from '../inspect/rules.ts'
import { issueCertificate, type KeyedCertificate, makeAuthority } from '../io/certificates.ts'
import { chance, systemClock } from '../io/clock.ts'
import type { Dialer } from '../io/dialer.ts'
import { defaultRetryPolicy } from '../queue/schedule.ts'
import type { LetterDoor } from '../sessions/letter-door.ts'
import type { ListenerKind, Manner } from '../sessions/sessions.ts'
import { dataFolder } from '../store/data-folder.ts'
import type { Store } from '../store/ports/store.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { ageOfCaught, usualKeepDays } from './age.ts'
import { nothingLookedUp } from './looked-up.ts'
import { catchingManner, type WrongCertificates } from './manners.ts'
import { makeWrongCertificates } from './wrong-certificates.ts'
import { near, type NearOptions } from './near.ts'

/** Where a catcher listens. */
export interface CatcherPorts {
  /** Without TLS, as programs expect it that are told a port alone. */
  readonly smtp: number
  /** STARTTLS. */
  readonly submission: number
  /** TLS at once. */
  readonly submissions: number
}

export interface CatcherOptions extends NearOptions {
  readonly folder: string
  /** 0 lets the system choose. */
  readonly ports: CatcherPorts
  /** How long what was caught is kept; 0 for ever. {@link usualKeepDays} when nothing is said. */
  readonly keepDays?: number
  /** What goes wrong on purpose from the beginning. */
  readonly faults: readonly Fault[]
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
}

/** One server that takes every letter, keeps it, and sends none. */
export interface Catcher {
  readonly ports: CatcherPorts
  readonly faults: Faults
  readonly store: Store
  /** Where letters are handed in that come by no port. */
  readonly door: LetterDoor
  /** The file with the authority that its certificate is of, for programs that check it. */
  readonly authorityFile: string
  newId(): string
  /** Cuts a `close` short, also one that is to come. */
  hurry(): void
  close(): Promise<void>
}

/**
 * Opens a catcher.
 *
 * @throws WaybillError `port-taken`, `data-in-use`, `usage` for a folder with mail that is to go out,
 *   and what the store says
 */
export async function openCatcher(options: CatcherOptions): Promise<Catcher> {
  const { folder, keepDays = usualKeepDays, log, report } = options
  const { certificate, wrong, authority } = await makeCertificates(systemClock.now())
  const store = await openSqliteStore({ folder, log })
  try {
    await refuseWaiting(store, folder)
    const authorityFile = join(dataFolder(folder).root, 'catch-ca.pem')
    writeFileSync(authorityFile, authority)
    const faults = new Faults(chance, options.faults)
    const system = new MailSystem({ ...plan, store, certificate, log, report })
    try {
      const ports = await openPorts(system, options, catchingManner(faults, wrong))
      await system.start()
      const age = ageOfCaught({ store, clock: systemClock, keepDays, log, report })
      if (keepDays > 0) age.start()
      return {
        ports,
        faults,
        store,
        authorityFile,
        door: system.door,
        newId: () => system.newId(),
        hurry: () => system.hurry(),
        close: () => system.close(undefined, age.stop()),
      }
    } catch (problem) {
      await system.close(0)
      throw problem
    }
  } catch (problem) {
    await store.close()
    throw problem
  }
}

/** A server's mail that waits would be given up here as mail that nobody can be reached for. */
async function refuseWaiting(store: Store, folder: string): Promise<void> {
  const waiting = await store.queue.list({ limit: 1 })
  if (waiting.length === 0) return
  throw new WaybillError('usage', `In ${folder} there is mail that waits to be sent.`, {
    hint: 'A catcher sends nothing: give it a folder of its own with --data.',
  })
}

async function openPorts(
  system: MailSystem,
  options: CatcherOptions,
  manner: Manner,
): Promise<CatcherPorts> {
  const open = async (kind: ListenerKind): Promise<number> => {
    // Many programs insist on TLS that they can check, once it is offered.
    const tls = kind === 'smtp' ? ({ tls: 'none' } as const) : {}
    const listener = await near(options, kind, options.ports[kind], (port) => {
      return system.listen({ kind, address: '127.0.0.1', port, manner, ...tls })
    })
    return listener.port
  }
  return {
    smtp: await open('smtp'),
    submission: await open('submission'),
    submissions: await open('submissions'),
  }
}

async function makeCertificates(now: number): Promise<{
  readonly certificate: KeyedCertificate
  readonly wrong: WrongCertificates
  readonly authority: string
}> {
  const day = 86_400_000
  const validity = { notBefore: new Date(now - day), notAfter: new Date(now + 3650 * day) }
  const authority = await makeAuthority("The catcher's own CA", validity)
  const names = ['localhost', '127.0.0.1'] as const
  const certificate = await issueCertificate(authority, names, validity)
  const wrong = await makeWrongCertificates(authority, names, now)
  return { certificate, wrong, authority: authority.certificate }
}

const decision: DecisionRules = {
  trustedForwarders: [],
  mailingLists: [],
  allow: [],
  onTemperror: 'deliver',
  onOwnDomain: 'deliver',
  onMissingDomain: 'deliver',
  onSpfFail: 'deliver',
}

/** Nobody is called from here, whatever there is in the store. */
const noWayOut: Dialer = {
  dial: ({ ip }) => {
    const text = `this server catches mail and sends none: ${ip} was not called`
    return Promise.resolve({ type: 'failed', reason: 'not-allowed', text })
  },
  realPlace: () => undefined,
}

/** A mail server where nobody lives, nothing is looked up and nobody is called. */
const plan = {
  hostname: 'localhost',
  mode: 'catch',
  directory: new MemoryDirectory({ domains: [], accounts: [] }, new SigningKeys([])),
  rules: {
    decision,
    receivedFields: 100,
    receivedSpf: false,
    addresses: 'lenient',
    queueMs: defaultRetryPolicy.expireAfterMs,
  },
  resolver: nothingLookedUp,
  dialer: noWayOut,
  clock: systemClock,
  trustAnchors: [],
  self: { selfNames: ['localhost'], selfAddresses: [], loopbackIsSelf: true },
  retry: defaultRetryPolicy,
  limits: {
    messageBytes: 50 * 1024 * 1024,
    recipients: 1000,
    connections: 200,
    errors: 20,
    outgoing: 1,
    outgoingSlow: 1,
  },
} as const

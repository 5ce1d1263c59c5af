import type { TestContext } from 'node:test'
import type { Clock } from '../../base/clock.ts'
import type { LogLine } from '../../base/log.ts'
import { MemoryDirectory } from '../../directory/memory-directory.ts'
import type { Alias, Resident, Srs } from '../../directory/address-table.ts'
import { SigningKeys } from '../../directory/signing-keys.ts'
import type { ReturnMarks } from '../../forwarding/return-marks.ts'
import { MemoryResolver } from '../../dns/memory-resolver.ts'
import type { Resolver } from '../../dns/resolver.ts'
import type { Zone } from '../../dns/zone-table.ts'
import type { DecisionRules } from '../../inspect/rules.ts'
import type { KeyedCertificate } from '../../io/certificates.ts'
import { systemClock } from '../../io/clock.ts'
import type { Dialer } from '../../io/dialer.ts'
import { Admission } from '../../policy/admission.ts'
import { type AdmissionLimits, noLimits } from '../../policy/admission-limits.ts'
import type { TrustedNetworks } from '../../receive/trust.ts'
import { defaultRetryPolicy, type RetryPolicy } from '../../queue/schedule.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/ports/store.ts'
import { LabClock } from '../../lab/clock.ts'
import type { ListenerKind } from '../../sessions/sessions.ts'
import type { People } from '../../sessions/questions.ts'
import type { ThreadLink } from '../../sessions/session-thread.ts'
import { startWriterThread } from '../../store/sqlite/writer-thread.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import { testFolder } from '../../store/test-folder.ts'
import { MailSystem } from '../mail-system.ts'
import type { MailSystemOptions, MailSystemThreads } from '../system-options.ts'
import type { ReportsPlan } from '../reporter.ts'
import { threadsOfTest } from './both-ways.ts'
import { replayAll } from './replay-all.ts'
import {
  authority,
  host,
  northZone,
  southAccounts,
  southCertificate,
  southKeys,
  strangerIp,
} from './south.ts'
import { TestNetwork } from './test-network.ts'

/** What a test may choose; all else is as in `npm start`. */
export interface TestSiteOptions {
  readonly zone?: Zone
  readonly resolver?: Resolver
  readonly clock?: Clock
  readonly store?: Store
  readonly accounts?: readonly Resident[]
  readonly aliases?: readonly Alias[]
  readonly rules?: Partial<DecisionRules>
  readonly limits?: Partial<MailSystemOptions['limits']>
  readonly queueMs?: number
  readonly retry?: Partial<RetryPolicy>
  readonly dialer?: Dialer
  readonly ways?: MailSystemOptions['ways']
  /** Which accounts are held; none when absent. */
  readonly habit?: MailSystemOptions['habit']
  readonly admission?: MailSystemOptions['admission']
  /** Those of its domains whose mailboxes are elsewhere. */
  readonly handedOn?: readonly string[]
  /** What is asked of TLS at other servers; nothing when absent. */
  readonly transport?: MailSystemOptions['transport']
  /** Where policy hosts of MTA-STS are called; nobody is asked when absent. */
  readonly policyPlace?: MailSystemOptions['policyPlace']
  /** Off unless this is given. */
  readonly tlsReports?: ReportsPlan['tls']
  readonly certificate?: KeyedCertificate
  readonly staticRsa?: MailSystemOptions['staticRsa']
  /** How much one client may use; without it no client is counted. */
  readonly clients?: Partial<AdmissionLimits>
  /** Failure reports are off, as in `npm start`, unless this is given. */
  readonly failureReports?: ReportsPlan['failure']
  readonly receivedSpf?: boolean
  /** How reverse-paths of what is handed on are rewritten; nothing is when absent. */
  readonly srs?: Srs
  /** What letters leave with so that reports find them again; absent: nothing. */
  readonly marks?: ReturnMarks
  /** Whose machines may send without a log-in; nobody's when absent. */
  readonly trusted?: TrustedNetworks
  readonly addresses?: 'strict' | 'lenient'
  /** What clients on port 25 count as. */
  readonly clientIp?: string
  /** What clients on the ports of users count as; what they are when absent. */
  readonly userIp?: string
  /** Session threads, over a store on disk; as the test wants it when absent: see `both-ways.ts`. */
  readonly threads?: {
    readonly count: number
    readonly start?: () => ThreadLink
    /** Instead of a folder that is removed after the test. */
    readonly folder?: string
  }
  /** Journeys are replayed at the end; with a broken store they cannot be. */
  readonly replay?: boolean
}

/** A running server of one's own, `mx.south.example`. */
export interface TestSite {
  readonly site: MailSystem
  readonly store: Store
  readonly clock: LabClock
  readonly ports: Readonly<Record<ListenerKind, number>>
  /** Where the store is, when there are threads. */
  readonly folder: string | undefined
  /** Has the store's writer die, when there are threads. */
  readonly killWriter: (() => void) | undefined
  /** The store when the server is closed: what is on disk is opened again. */
  readonly left: () => Store | Promise<Store>
  /** Faults of ours that were told to the log. */
  readonly reported: readonly string[]
  /** What whoever runs the server was told. */
  readonly logged: LogLine[]
  /** The zone from now on. */
  readonly setZone: (zone: Zone) => void
  /** Resolves with the first value that `look` gives; it looks after every commit. */
  readonly when: <T>(look: () => T | undefined | Promise<T | undefined>) => Promise<T>
  readonly close: () => Promise<void>
}

/**
 * Opens a server for one test and closes it after the test; then every journey it has recorded is
 * replayed.
 */
export async function openTestSite(
  t: TestContext,
  options: TestSiteOptions = {},
): Promise<TestSite> {
  const { clock: given = systemClock } = options
  const clock = given instanceof LabClock ? given : new LabClock(given)
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  const reported: string[] = []
  const shared = await sharedStore(options, (problem) => {
    reported.push(`the store: ${problem.message}`)
    tell()
  })
  const store = shared?.store ?? options.store ?? openMemoryStore()
  void tellOfChanges(store, tell)
  let resolver: Resolver = options.resolver ?? new MemoryResolver(options.zone ?? northZone)
  const logged: LogLine[] = []
  const residents = {
    domains: ['south.example', ...(options.handedOn ?? [])],
    handedOn: options.handedOn ?? [],
    accounts: options.accounts ?? (await southAccounts()),
    aliases: options.aliases ?? [],
    ...(options.srs === undefined ? {} : { srs: options.srs }),
    ...(options.marks === undefined ? {} : { marks: options.marks }),
  }
  const queueMs = options.queueMs ?? defaultRetryPolicy.expireAfterMs
  const log = (line: LogLine): void => {
    logged.push(line)
    // What another thread says comes behind what it has put down.
    if (shared !== undefined) tell()
  }
  const limits = { ...noLimits, exempt: [], ...options.clients }
  const directory = new MemoryDirectory(residents, new SigningKeys(southKeys()))
  const people = (): People => ({ residents: directory.residents, keys: southKeys() })
  const broken = (problem: Error): void => void reported.push(`broken: ${problem.message}`)
  const site = new MailSystem({
    hostname: host,
    mode: 'lab',
    directory,
    threads: shared && { ...shared.threads, people, broken },
    rules: {
      decision: {
        trustedForwarders: [],
        mailingLists: [],
        allow: [],
        onTemperror: 'deliver',
        ...options.rules,
      },
      receivedFields: 100,
      receivedSpf: options.receivedSpf ?? false,
      addresses: options.addresses ?? 'lenient',
      queueMs,
      ...(options.srs === undefined ? {} : { forwarding: options.srs }),
      ...(options.trusted === undefined ? {} : { trusted: options.trusted }),
    },
    clients: options.clients === undefined ? undefined : new Admission({ limits, clock, log }),
    store,
    resolver: { resolve: (name, type, client) => resolver.resolve(name, type, client) },
    dialer: options.dialer ?? new TestNetwork(),
    ...(options.ways === undefined ? {} : { ways: options.ways }),
    habit: options.habit,
    admission: options.admission,
    transport: options.transport,
    policyPlace: options.policyPlace,
    clock,
    certificate: options.certificate ?? (await southCertificate()),
    ...(options.staticRsa === undefined ? {} : { staticRsa: options.staticRsa }),
    trustAnchors: [(await authority()).certificate],
    self: {
      selfNames: [host],
      selfAddresses: ['203.0.113.20'],
      loopbackIsSelf: true,
      allowedNetworks: [],
    },
    retry: { ...defaultRetryPolicy, expireAfterMs: queueMs, ...options.retry },
    limits: {
      messageBytes: 50 * 1024 * 1024,
      recipients: 1000,
      connections: 200,
      errors: 20,
      outgoing: 20,
      outgoingSlow: 20,
      ...options.limits,
    },
    reports: {
      failure: options.failureReports,
      ...(options.tlsReports === undefined ? {} : { tls: options.tlsReports }),
    },
    log,
    report: (problem, where) => reported.push(`${where}: ${String(problem)}`),
  })
  const clientIp = options.clientIp ?? strangerIp
  const open = async (kind: ListenerKind): Promise<number> => {
    const port = { kind, address: '127.0.0.1', port: 0 }
    const countsAs = kind === 'smtp' ? clientIp : options.userIp
    const place = countsAs === undefined ? port : { ...port, clientIp: countsAs }
    return (await site.listen(place)).port
  }
  const ports = {
    smtp: await open('smtp'),
    submission: await open('submission'),
    submissions: await open('submissions'),
  }
  await site.start()
  // Whatever the replay finds: a server that is left open would keep the test's process waiting.
  const replayAndClose = async (): Promise<void> => {
    try {
      if (options.replay !== false) await replayAll(store)
    } finally {
      await site.close(200)
    }
  }
  let closed: Promise<void> | undefined
  let reopened: Promise<Store> | undefined
  const close = (): Promise<void> => (closed ??= replayAndClose())
  t.after(() => {
    site.hurry()
    return close()
      .then(async () => (await reopened)?.close())
      .finally(() => shared?.remove())
  })
  return {
    site,
    store,
    folder: shared?.folder,
    killWriter: shared?.killWriter,
    left: () => (shared === undefined ? store : (reopened ??= openSqliteStore(shared))),
    clock,
    ports,
    reported,
    logged,
    close,
    setZone(zone) {
      resolver = new MemoryResolver(zone)
    },
    when: (look) => when(listeners, look),
  }
}

/** A store on disk for a test with threads, and how it fares. */
interface SharedStoreOfTest {
  readonly store: Store
  readonly folder: string
  readonly remove: () => void
  readonly threads: Pick<MailSystemThreads, 'count' | 'door' | 'lost' | 'cacheBytes' | 'start'>
  readonly killWriter: () => void
}

/** A store on disk and ways into it, for a test that wants threads. */
async function sharedStore(
  { threads, store, clock }: TestSiteOptions,
  broken: (problem: Error) => void,
): Promise<SharedStoreOfTest | undefined> {
  const wanted = threads ?? { count: threadsOfTest() }
  if (wanted.count === 0) return undefined
  if ((store ?? clock) !== undefined) throw new Error('session threads have a store and a clock')
  const { folder, remove } =
    threads?.folder === undefined ? testFolder() : { folder: threads.folder, remove: () => {} }
  let killWriter = (): void => {}
  const opened = await openSqliteStore({ folder, onBroken: broken }, async (setup) => {
    const link = await startWriterThread(setup)
    // A batch that is none: it falls over it.
    killWriter = () => link.post(JSON.parse('{"first":0}'), [])
    return link
  })
  const door = (thread: number): ReturnType<typeof opened.door> => opened.door(thread)
  return {
    store: opened,
    folder,
    remove,
    // None, so that another zone holds at once.
    threads: { ...wanted, door, lost: (thread) => opened.lost(thread), cacheBytes: 0 },
    killWriter: () => killWriter(),
  }
}

/** Until the store closes. */
async function tellOfChanges(store: Store, tell: () => void): Promise<void> {
  const changes = store.changes()
  while ((await changes.next()).done !== true) tell()
}

async function when<T>(
  listeners: Set<() => void>,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  for (;;) {
    let changed: () => void = () => {}
    const next = new Promise<void>((resolve) => {
      changed = resolve
    })
    listeners.add(changed)
    try {
      const value = await look()
      if (value !== undefined) return value
      await next
    } finally {
      listeners.delete(changed)
    }
  }
}

/** The stored octets of a message, as text of octets. */
export async function storedText(
  store: Pick<Store, 'messages'>,
  messageId: string,
): Promise<string> {
  const message = await store.messages.open(messageId)
  if (message === undefined) throw new Error(`there is no message ${messageId}`)
  const chunks: Uint8Array[] = []
  for await (const chunk of message.chunks()) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

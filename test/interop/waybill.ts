import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { silent } from '../../src/base/log.ts'
import { publishedRecords } from '../../src/directory/signing-keys.ts'
import { openServer } from '../../src/app/open-server.ts'
import type { ServerPorts } from '../../src/app/server-parts.ts'
import type { WaybillError } from '../../src/base/error.ts'
import { parseConfig } from '../../src/config/config.ts'
import type { Settings } from '../../src/config/settings.ts'
import type { Zone, ZoneName } from '../../src/dns/zone-table.ts'
import {
  issueCertificate,
  type KeyedCertificate,
  makeAuthority,
} from '../../src/io/certificates.ts'
import { systemClock } from '../../src/io/clock.ts'
import { type Dialer, dialTcp } from '../../src/io/dialer.ts'
import { type DnsServer, openDnsServer } from '../../src/io/dns-server.ts'
import { hashPassword } from '../../src/io/password.ts'
import { hashesOf, type JourneyRecord, readRecord } from '../../src/journey/record.ts'
import type { Step } from '../../src/journey/steps.ts'
import { replayJourney } from '../../src/journey/replay.ts'
import { openReadOnlyStore } from '../../src/store/sqlite/sqlite-reader.ts'
import type { ReadPorts } from '../../src/store/reads.ts'
import { atTheEnd } from './clean-up.ts'
import { shortFolder } from './processes.ts'
import { until } from './until.ts'

/** The Waybill of these tests: mail.north.example with the people of north.example. */
export const host = 'mail.north.example'
export const domain = 'north.example'
export const anna = 'anna@north.example'
export const ben = 'ben@north.example'
export const password = 'correct horse'

/** Certificates for the servers of one test, by one authority. */
export interface TestAuthority {
  /** PEM, for peers that verify. */
  readonly certificate: string
  issue(name: string): Promise<KeyedCertificate>
}

export async function makeTestAuthority(): Promise<TestAuthority> {
  const dayMs = 86_400_000
  const now = Date.now()
  const validity = { notBefore: new Date(now - dayMs), notAfter: new Date(now + dayMs) }
  const authority = await makeAuthority('Interop test', validity)
  return {
    certificate: authority.certificate,
    issue: (name) => issueCertificate(authority, [name], validity),
  }
}

export interface WaybillOptions {
  readonly authority?: TestAuthority
  /** The rest of the world's DNS; names of north.example are added. */
  readonly zone?: Zone
  /** Who is asked instead of its own name server. */
  readonly resolver?: { readonly address: string; readonly port: number }
  /** The rest of the table `[dns]` of `waybill.toml`, and further tables. */
  readonly settings?: string
  /** Where the port 25 of an address really is. Nothing else can be dialled. */
  readonly network?: Readonly<Record<string, { readonly ip: string; readonly port: number }>>
}

/**
 * Opens a server with its own name server, on free ports of loopback. At the end of the test
 * every journey it wrote is replayed, and must come out the same.
 */
export async function openWaybill(t: TestContext, options: WaybillOptions = {}): Promise<Waybill> {
  const folder = await shortFolder(t)
  const dns = await openDnsServer({ port: 0, clock: systemClock })
  atTheEnd(t, () => dns.close())
  const settings = await settingsFor(folder, dns, options)
  const problems: string[] = []
  const server = await openServer({
    log: silent,
    settings,
    autoPorts: true,
    dialer: dialerTo(options.network ?? {}),
    report: (problem, where) => problems.push(`${where}: ${String(problem)}`),
    broken: (problem: WaybillError) => problems.push(problem.message),
  })
  const reader = openReadOnlyStore({ folder: settings.data })
  const waybill = new Waybill({ ports: server.ports, reader, dns, problems })
  await waybill.publish(options.zone ?? {})
  atTheEnd(t, async () => {
    await server.close()
    try {
      await waybill.replayAll()
    } finally {
      reader.close()
    }
  })
  return waybill
}

async function settingsFor(
  folder: string,
  dns: DnsServer,
  options: WaybillOptions,
): Promise<Settings> {
  const authority = options.authority ?? (await makeTestAuthority())
  const { certificate, privateKey } = await authority.issue(host)
  await writeFile(join(folder, 'cert.pem'), certificate)
  await writeFile(join(folder, 'key.pem'), privateKey, { mode: 0o600 })
  const hash = await hashPassword(password)
  const { address, port } = options.resolver ?? dns.endpoint
  const read = parseConfig(`
hostname = "${host}"
domains = ["${domain}"]
data = "${join(folder, 'data')}"
[listen]
address = "127.0.0.1"
[tls]
certificate = "${join(folder, 'cert.pem')}"
key = "${join(folder, 'key.pem')}"
[dns]
servers = ["${address}:${port}"]
${options.settings ?? ''}
[[account]]
address = "${anna}"
aliases = ["info@${domain}", "änna@${domain}"]
password_hash = "${hash}"
[[account]]
address = "${ben}"
`)
  assert.ok(read.type === 'settings', JSON.stringify(read))
  return read.settings
}

function dialerTo(network: NonNullable<WaybillOptions['network']>): Dialer {
  const placeOf = (ip: string, port: number) => (port === 25 ? network[ip] : undefined)
  return {
    async dial({ ip, port, timeoutMs }) {
      // A socket in the file system is where it is.
      if (ip.startsWith('/')) return dialTcp(ip, 0, timeoutMs)
      const place = placeOf(ip, port)
      if (place !== undefined) return dialTcp(place.ip, place.port, timeoutMs)
      return { type: 'failed', reason: 'unreachable', text: `${ip} is not in this network` }
    },
    realPlace({ ip, port }) {
      const place = placeOf(ip, port)
      return place === undefined ? undefined : `${place.ip}:${place.port}`
    },
  }
}

/** A letter as it lies in a mailbox. */
export interface StoredLetter {
  readonly mailbox: string
  /** Octets as Latin-1 text, line ends as on the wire. */
  readonly text: string
  readonly journey: JourneyRecord
}

/** A running Waybill, and a look into what it keeps. */
export class Waybill {
  readonly ports: ServerPorts
  readonly #reader: ReadPorts
  readonly #dns: DnsServer
  readonly #problems: readonly string[]

  constructor(parts: {
    readonly ports: ServerPorts
    readonly reader: ReadPorts
    readonly dns: DnsServer
    readonly problems: readonly string[]
  }) {
    this.ports = parts.ports
    this.#reader = parts.reader
    this.#dns = parts.dns
    this.#problems = parts.problems
  }

  /** What the server reported as a fault of its own or of a connection. */
  get problems(): readonly string[] {
    return this.#problems
  }

  /** The key records of north.example as they stand in DNS, by name. */
  async keyRecords(): Promise<Readonly<Record<string, string>>> {
    const records = publishedRecords(await this.#reader.keys.list(domain))
    return Object.fromEntries(records.map(({ name, value }) => [name, value]))
  }

  /** Puts the whole of DNS in place: these names, and those of north.example. */
  async publish(zone: Zone): Promise<void> {
    const keys = Object.entries(await this.keyRecords()).map(
      ([name, value]): [string, ZoneName] => {
        return [name, { TXT: [value.match(/.{1,255}/g) ?? []] }]
      },
    )
    this.#dns.setZone('', {
      [domain]: { MX: [`10 ${host}`], TXT: ['v=spf1 a:mail.north.example -all'] },
      [host]: { A: ['192.0.2.10'] },
      [`_dmarc.${domain}`]: { TXT: ['v=DMARC1; p=reject'] },
      ...Object.fromEntries(keys),
      ...zone,
    })
  }

  /** Every record, oldest first. */
  async journeys(): Promise<readonly JourneyRecord[]> {
    const rows = await this.#reader.journeys.list({ limit: 10_000 })
    return (await Promise.all(rows.map(({ id }) => this.journey(id)))).reverse()
  }

  async journey(id: string): Promise<JourneyRecord> {
    const found = await this.#reader.journeys.find(id)
    assert.ok(found.type === 'found', `no journey ${id}`)
    return readRecord(found.journey.json, found.journey.appended)
  }

  /** Waits until a journey is as it should be. */
  journeyWhere(what: string, is: (record: JourneyRecord) => boolean): Promise<JourneyRecord> {
    const look = async (): Promise<JourneyRecord | undefined> => (await this.journeys()).find(is)
    return until(what, look).catch(async (problem: unknown) => {
      const all = (await this.journeys()).map(({ id, outcome, steps }) => {
        return { id, outcome, last: steps.at(-1) }
      })
      throw new Error(`${what}; journeys: ${JSON.stringify(all, undefined, 1)}`, { cause: problem })
    })
  }

  /** The letters in an account's mailboxes, oldest first. */
  async letters(account: string): Promise<readonly StoredLetter[]> {
    const rows = await this.#reader.mailboxes.items({ account })
    return Promise.all(
      rows.map(async ({ mailbox, messageId, journeyId }) => {
        const message = await this.#reader.messages.open(messageId)
        assert.ok(message !== undefined, `no message ${messageId}`)
        const text = await textOf(message.chunks())
        return { mailbox, text, journey: await this.journey(journeyId) }
      }),
    )
  }

  /** Waits for the letters of an account to be as many. */
  lettersOf(account: string, count: number): Promise<readonly StoredLetter[]> {
    return until(`${count} letters for ${account}`, async () => {
      const letters = await this.letters(account)
      return letters.length >= count ? letters : undefined
    })
  }

  async queued(): Promise<number> {
    return (await this.#reader.counts()).queued
  }

  /** Replays every journey that decided something; each must come out the same, bit for bit. */
  async replayAll(): Promise<void> {
    for (const { id } of await this.#reader.journeys.list({ limit: 10_000 })) {
      const record = await this.journey(id)
      if (!record.steps.some(({ type }) => type === 'decision' || type === 'route')) continue
      const found = await this.#reader.journeys.find(id)
      assert.ok(found.type === 'found')
      const { messageId } = found.journey
      const message =
        messageId === undefined ? undefined : await this.#reader.messages.open(messageId)
      // What was only handed on is not kept once it has gone.
      if (message === undefined && stepsOf(record, 'forwarded').length > 0) continue
      const facts = await this.#reader.journeys.sharedFacts(hashesOf(record.steps))
      const replay = await replayJourney(record, facts, message?.original())
      assert.ok(replay.type === 'replayed', `${id}: ${JSON.stringify(replay)}`)
      assert.equal(replay.firstDifference, undefined, `${id} replays otherwise`)
    }
  }
}

/** The steps of one type, narrowed to it. */
export function stepsOf<T extends Step['type']>(
  record: JourneyRecord,
  type: T,
): readonly (Step & { readonly type: T })[] {
  return record.steps.filter((step): step is Step & { readonly type: T } => step.type === type)
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts).toString('latin1')
}

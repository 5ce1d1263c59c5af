/**
 * What the rows of mail that goes out share: who takes part, the letters, and the sink where they go.
 * They run in a network namespace of their own, where a host may have port 25.
 */
import type { Zone } from '../src/dns/zone-table.ts'
import { letterOf } from './letters.ts'
import type { LoadOrders } from './load.ts'
import {
  type Acceptor,
  type Figures,
  measure,
  printFigures,
  printRatios,
  writeLetters,
} from './measured.ts'
import type { openRelayingPostfix } from './postfix.ts'
import type { Sink } from './sink-process.ts'
import { type BenchedWaybill, user } from './waybill.ts'

export const sinkIp = '198.18.0.2'
/** All of its addresses lead to the sink; see `sink.ts` for those that are silent. */
export const sinkNetwork = '198.18.0.0/15'
/** The settings of a server that may go there. */
export const sinkSettings: string = `[queue]\nallow_networks = ["${sinkNetwork}"]\nfirst_retry_seconds = 3600\n`
const connections = 20
let serial = 0

export const outwardZone: Zone = {
  'sink.example': { MX: ['10 mx.sink.example'] },
  'mx.sink.example': { A: [sinkIp] },
  'down.example': { MX: ['10 mx.down.example'] },
  // Nobody listens there.
  'mx.down.example': { A: ['198.20.0.3'] },
}

/** One who sends, and the rounds it had by the name of the row. */
export interface Entry {
  readonly server: Acceptor
  readonly orders: Omit<LoadOrders, 'letters' | 'messages' | 'to'>
  readonly flush: () => Promise<void>
  readonly rounds: Map<string, Figures[]>
}

export function ourEntry(server: BenchedWaybill, name: string): Entry {
  const { address, password } = user
  const login = { user: address, password }
  const port = server.ports.submissions
  const orders = { host: server.host, port, connections, from: address, login }
  const flush = async (): Promise<void> => void (await server.command('queue', 'retry', '--all'))
  return { server: { ...server, name }, orders, flush, rounds: new Map() }
}

/** The same server, taken from a machine that it trusts: clear text, as the peer, and no login. */
export function trustedEntry({ ports, ...server }: BenchedWaybill, name: string): Entry {
  const orders = { host: server.host, port: ports.smtp, connections, from: user.address }
  return { ...ourEntry({ ports, ...server }, name), orders }
}

export function peerEntry(server: Awaited<ReturnType<typeof openRelayingPostfix>>): Entry {
  const { host, port } = server
  const orders = { host, port, connections, from: user.address }
  return { server, orders, flush: () => server.flush(), rounds: new Map() }
}

/** Keeps what a round came to; the first one warms up and is not counted. */
export function keep(entry: Entry, row: string, { round, figures }: Round): void {
  if (round === 0) return
  const before = entry.rounds.get(row)
  if (before === undefined) entry.rounds.set(row, [figures])
  else before.push(figures)
}

interface Round {
  readonly round: number
  readonly figures: Figures
}

/** The rounds that were counted. */
export function roundsOf({ rounds }: Entry, row: string): readonly Figures[] {
  return rounds.get(row) ?? []
}

/** Prints a row of ours, the first, and of others. */
export function printRow(
  title: string,
  entries: readonly Entry[],
  { row, letters }: { readonly row: string; readonly letters: number },
): void {
  console.log(title)
  for (const entry of entries) printFigures(entry.server.name, roundsOf(entry, row), letters)
  const [ours, ...peers] = entries
  if (ours !== undefined) {
    for (const peer of peers) {
      printRatios(peer.server.name, roundsOf(ours, row), roundsOf(peer, row))
    }
  }
  console.log('')
}

export interface Filling {
  /** The file for the letters. */
  readonly letters: string
  readonly messages: number
  readonly octets: number
  readonly to: readonly string[]
}

/** Gives letters that nobody has seen yet to a server, and measures until `done`. */
export function fill(
  entry: Entry,
  { letters, messages, octets, to }: Filling,
  done?: () => Promise<void>,
): Promise<Figures> {
  writeLetters(letters, freshLetters(messages, octets))
  const orders = { ...entry.orders, letters, messages, to }
  return measure(entry.server, orders, done)
}

function* freshLetters(count: number, octets: number): Generator<Uint8Array> {
  for (let n = 0; n < count; n++) {
    const text = letterOf(octets, serial++).toString('latin1')
    yield Buffer.from(text.replace(/^From: .*$/m, `From: <${user.address}>`), 'latin1')
  }
}

/** The same, until all of them are at the sink. */
export async function sendThrough(entry: Entry, sink: Sink, filling: Filling): Promise<Figures> {
  const before = (await sink.count()).letters
  return fill(entry, filling, () => sink.has(before + filling.messages))
}

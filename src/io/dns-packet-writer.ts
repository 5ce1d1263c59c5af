import {
  AUTHENTIC_DATA,
  AUTHORITATIVE_ANSWER,
  type Answer,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
  encode,
} from 'dns-packet'
import { octetsOf } from '../base/octets.ts'
import { isQueryableName } from '../dns/resolver.ts'
import { type DnsMessage, ednsUdpSize } from './dns-message.ts'
import type { Reply, ReplyRecord, ReplySoa } from './dns-zones.ts'

type Content = Extract<Reply, { type: 'reply' }>

/**
 * The octets of an answer; `undefined` when something in it has no place on the wire (a name with a
 * label of 64 octets, more than 65,535 octets in all). The only user of dns-packet.
 *
 * The question is copied as it was asked, letter by letter: who asks with letters in random case
 * wants them back, and names there may hold octets that a text cannot.
 */
export function writeDnsReply(
  query: DnsMessage,
  queryOctets: Uint8Array,
  content: Content,
): Uint8Array | undefined {
  if (!content.answers.every(isWritable)) return undefined
  const soa = content.soa === undefined ? [] : [soaAnswer(content.soa.record)]
  const answers = content.answers.map(answerOf)
  const octets = encode({
    type: 'response',
    id: query.id,
    flags:
      content.rcode |
      (content.authoritative ? AUTHORITATIVE_ANSWER : 0) |
      (content.authenticated ? AUTHENTIC_DATA : 0) |
      (query.recursionDesired ? RECURSION_DESIRED : 0),
    answers: content.soa?.at === 'answer' ? [...answers, ...soa] : answers,
    authorities: content.soa?.at === 'authority' ? soa : [],
    additionals: query.edns === undefined ? [] : [edns],
  })
  return withQuestion(octets, query, queryOctets)
}

/** An answer that says only: too long for UDP, ask over TCP. */
export function writeTruncated(query: DnsMessage, queryOctets: Uint8Array): Uint8Array {
  const octets = encode({
    type: 'response',
    id: query.id,
    flags:
      TRUNCATED_RESPONSE | AUTHORITATIVE_ANSWER | (query.recursionDesired ? RECURSION_DESIRED : 0),
    additionals: query.edns === undefined ? [] : [edns],
  })
  // A header, a question of at most 259 octets and EDNS are never too long.
  return withQuestion(octets, query, queryOctets) ?? octets
}

const edns: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: ednsUdpSize,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
}

/** dns-packet writes no pointers, so the rest of a message may be moved as it is. */
function withQuestion(
  octets: Uint8Array,
  query: DnsMessage,
  queryOctets: Uint8Array,
): Uint8Array | undefined {
  const { question } = query
  if (question === undefined) return octets
  const length = question.end - question.start
  if (octets.length + length > 65_535) return undefined
  const whole = new Uint8Array(octets.length + length)
  whole.set(octets.subarray(0, 12))
  whole[5] = 1
  whole.set(queryOctets.subarray(question.start, question.end), 12)
  whole.set(octets.subarray(12), 12 + length)
  return whole
}

function isWritable(record: ReplyRecord): boolean {
  switch (record.type) {
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return isName(record.data)
    case 'MX':
      return isName(record.data.exchange)
    case 'TXT':
      return record.data.length + (record.data.length >> 7) < 65_000
    case 'A':
    case 'AAAA':
    case 'TLSA':
      return true
  }
}

function isName(text: string): boolean {
  return text === '' || isQueryableName(text)
}

function answerOf(record: ReplyRecord): Answer {
  const owned = { name: nameOf(record.name), ttl: record.ttlSeconds }
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return { ...owned, type: record.type, data: record.data }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { ...owned, type: record.type, data: nameOf(record.data) }
    case 'MX': {
      const { preference, exchange } = record.data
      return { ...owned, type: 'MX', data: { preference, exchange: nameOf(exchange) } }
    }
    case 'TXT':
      return { ...owned, type: 'TXT', data: characterStrings(record.data) }
    case 'TLSA': {
      const { usage, selector, matchingType, data } = record.data
      const certificate = Buffer.from(data, 'hex')
      return { ...owned, type: 'TLSA', data: { usage, selector, matchingType, certificate } }
    }
  }
}

function soaAnswer({ apex, serial, ttlSeconds }: ReplySoa): Answer {
  const below = apex === '' ? '' : `.${apex}`
  return {
    type: 'SOA',
    name: nameOf(apex),
    ttl: ttlSeconds,
    data: {
      mname: `ns${below}`,
      rname: `hostmaster${below}`,
      serial,
      refresh: 3600,
      retry: 600,
      expire: 86_400,
      minimum: ttlSeconds,
    },
  }
}

/** Pieces of at most 255 octets (RFC 1035 §3.3). */
function characterStrings(text: string): Buffer[] {
  const octets = Buffer.from(octetsOf(text))
  const pieces: Buffer[] = []
  for (let at = 0; at === 0 || at < octets.length; at += 255) {
    pieces.push(octets.subarray(at, at + 255))
  }
  return pieces
}

function nameOf(name: string): string {
  return name === '' ? '.' : name
}

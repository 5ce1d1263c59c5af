import type { Problem } from '../base/error-data.ts'

/**
 * What passes over the control socket of a server: lines of JSON. The server speaks first, with a
 * greeting; the client asks one thing; the server answers, and that is the end. Whoever hangs up
 * before the answer does not take back what was asked.
 */

/** Counted up when a client of before could not be understood, or would misread what it is told. */
export const protocolVersion = 1

/** The first line of the server. */
export interface Greeting {
  readonly control: number
  /** The version of the program, for a message to the person. */
  readonly waybill: string
  readonly process: number
}

/** The one line of the client. */
export interface ControlRequest {
  /** Which of the operations of the desk. */
  readonly operation: string
  /** What it needs to know: plain data, looked at by the operation. */
  readonly input?: unknown
  /** Who asks, as the client's machine knows them: only root and the server's own user get this far. */
  readonly by: string
  /** In the words of who asks. */
  readonly why?: string
}

/** The last line of the server. */
export type ControlAnswer =
  | { readonly type: 'answer'; readonly value?: unknown }
  | { readonly type: 'problem'; readonly problem: Problem }
  /** The server is about to end: nothing was done, and soon the folder is free. */
  | { readonly type: 'closing' }

/** Octets of a line of the server: an answer names some hundred letters at most. */
export const maxLineOctets: number = 256 * 1024

/** Octets of a request, which may bring a letter in base64. Only root and the server's own user ask. */
export const maxRequestOctets: number = 128 * 1024 * 1024

/** Clients at once. A command is one, and is soon gone. */
export const maxClients = 32

/** A client's line as a request; `undefined` when it is none. */
export function requestOf(value: unknown): ControlRequest | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!('operation' in value) || typeof value.operation !== 'string') return undefined
  if (!('by' in value) || typeof value.by !== 'string') return undefined
  const { operation, by } = value
  const why = 'why' in value && typeof value.why === 'string' ? { why: value.why } : {}
  return { operation, by, ...('input' in value ? { input: value.input } : {}), ...why }
}

/** A server's first line as a greeting; `undefined` when it is none. */
export function greetingOf(value: unknown): Greeting | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!('control' in value) || typeof value.control !== 'number') return undefined
  const waybill = 'waybill' in value ? String(value.waybill) : ''
  const number = 'process' in value ? Number(value.process) : 0
  return { control: value.control, waybill, process: number }
}

/** A server's last line as an answer; `undefined` when it is none. */
export function answerOf(value: unknown): ControlAnswer | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined
  // The greeting said that the server is of this protocol.
  const known = ['answer', 'problem', 'closing'].some((type) => type === value.type)
  return known ? (value as ControlAnswer) : undefined
}

/*
 * What every runtime with `fetch` has (Node 20 and newer, Deno, Bun, browsers), as far as it is used
 * here: this folder is compiled without a platform, so that it runs on all of them.
 */

/** An answer of `fetch`. */
export interface Answer {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
  arrayBuffer(): Promise<ArrayBuffer>
}

/** How an answer is asked for. */
export interface Request {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: unknown
}

/** `fetch`, or what stands for it. */
export type Fetch = (url: string, request?: Request) => Promise<Answer>

declare const fetch: Fetch
declare const AbortSignal: { timeout(ms: number): unknown }
declare const crypto: { getRandomValues(octets: Uint8Array<ArrayBuffer>): void }
declare const performance: { now(): number }
declare function setTimeout(run: () => void, ms: number): unknown

/** The platform's own. */
export const platformFetch: Fetch = (url, request) => fetch(url, request)

/** A signal that ends what takes longer than this. */
export function endsAfter(ms: number): unknown {
  // It takes whole numbers alone, and what is left of a time seldom is one.
  return AbortSignal.timeout(Math.ceil(ms))
}

/** Milliseconds that only go on. */
export function monotonicMs(): number {
  return performance.now()
}

/** Waits for a moment. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Letters and digits that nobody has used before. */
export function randomName(): string {
  const octets = new Uint8Array(12)
  crypto.getRandomValues(octets)
  return Array.from(octets, (octet) => alphabet.charAt(octet % alphabet.length)).join('')
}

/** 32 of them, without those that are taken for another. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'

/** A variable of the environment, where there is one. */
export function environment(name: string): string | undefined {
  const value = (globalThis as Surroundings).process?.env?.[name]
  return value === undefined || value === '' ? undefined : value
}

interface Surroundings {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> }
}

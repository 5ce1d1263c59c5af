/**
 * What a correct program on a healthy machine cannot meet: the world broke (disk full, database
 * locked, port taken). Expected outcomes are values, never this.
 */
export type ErrorCode =
  | 'config-invalid'
  | 'content-unwritten'
  | 'data-in-use'
  | 'key-unusable'
  | 'not-found'
  | 'port-taken'
  | 'store-broken'
  | 'store-busy'
  | 'store-full'
  | 'threads-lost'
  | 'usage'

/** The one error class that is thrown on purpose. `hint` is a thing to do, in one sentence. */
export class WaybillError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'WaybillError'
    this.code = code
    this.hint = options.hint
  }
}

/**
 * The `code` of an error that the system or a library threw: a word such as `ENOENT`, a number with
 * some. `undefined` when it has none, or is no error.
 */
export function codeOf(problem: unknown): unknown {
  return problem instanceof Error && 'code' in problem ? problem.code : undefined
}

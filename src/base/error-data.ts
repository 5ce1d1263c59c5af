import { type ErrorCode, WaybillError } from './error.ts'

/** An error as plain data: class and code do not survive the way between threads. */
export interface Problem {
  /** Absent for a fault of ours: a duplicate id, a reference to nothing. */
  readonly code?: ErrorCode
  readonly message: string
  readonly hint?: string
}

/** An error put so. */
export function problemOf(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof WaybillError)) return { message }
  const { code, hint } = error
  return hint === undefined ? { code, message } : { code, message, hint }
}

/** The error that it was. */
export function errorOf(problem: Problem): Error {
  const { code, message, hint } = problem
  if (code === undefined) return new Error(message)
  return new WaybillError(code, message, hint === undefined ? {} : { hint })
}

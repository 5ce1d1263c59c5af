/** The outcome of reading something that may be wrong. `problem` says what was seen and wanted. */
export type Result<T, P = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: P }

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

export function bad<P>(problem: P): { readonly ok: false; readonly problem: P } {
  return { ok: false, problem }
}

/** Known at once, or soon: who has the answer in memory makes nobody wait a turn of the loop for it. */
export type Soon<T> = T | Promise<T>

/** Goes on with a value as soon as it is known: now, where it is known now. */
export function andThen<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

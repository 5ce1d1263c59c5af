/** Known at once, or soon: who has the answer in memory makes nobody wait a turn of the loop for it. */
export type Soon<T> = T | Promise<T>

/** Goes on with a value as soon as it is known: now, where it is known now. */
export function andThen<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

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

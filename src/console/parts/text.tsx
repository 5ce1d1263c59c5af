import { plainly, when } from './plain.ts'

/** An address that breaks before its `@`; a long local part is cut in its middle, a domain never. */
export function Address({ of }: { readonly of: string }) {
  const text = plainly(of)
  if (text === '') return <span class="muted">{'<>'}</span>
  const at = text.lastIndexOf('@')
  if (at <= 0) return <span class="address">{text}</span>
  const local = text.slice(0, at)
  const shown = local.length > 40 ? `${local.slice(0, 20)}…${local.slice(-16)}` : local
  return (
    <span class="address" title={text}>
      {shown}
      <wbr />
      {text.slice(at)}
    </span>
  )
}

/** A time of which the whole is one step away. */
export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at}>
      {when(at)}
    </time>
  )
}

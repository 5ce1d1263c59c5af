import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Problem } from '../types.ts'
import { plainly } from './plain.ts'

/** What went wrong, as the terminal would say it: the fact, then the thing to do. */
export function ProblemNotice(props: { readonly problem: Problem; readonly again?: () => void }) {
  const { problem, again } = props
  const { title, detail, hint, errors = [], request_id: request } = problem
  return (
    <div class="notice fail" role="alert">
      <p>
        <strong>{plainly(detail ?? title)}</strong>
      </p>
      {errors.map((error, index) => (
        <p key={index}>
          {error.pointer === undefined || error.pointer === '' ? '' : `${plainly(error.pointer)}: `}
          {plainly(error.detail ?? '')}
        </p>
      ))}
      {hint === undefined ? null : <p>{plainly(hint)}</p>}
      {again === undefined ? null : (
        <p>
          <button type="button" onClick={again}>
            Try again
          </button>
        </p>
      )}
      {request === undefined ? null : <p class="small muted">Request {request}</p>}
    </div>
  )
}

/** Says that something is being read, and only when that takes a while. */
export function Loading() {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 300)
    return () => clearTimeout(timer)
  }, [])
  return (
    <p class="muted" role="status" data-loading>
      {shown ? 'Reading …' : ''}
    </p>
  )
}

/** What stands where there is nothing. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <div class="empty">{children}</div>
}

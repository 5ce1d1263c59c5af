import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** Something that is shown this once: it stands until the reader says that they have it. */
export function Once(props: {
  readonly title: string
  readonly done: () => void
  readonly children: ComponentChildren
}) {
  const { title, done, children } = props
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => head.current?.focus(), [title])
  return (
    <section class="notice warn">
      <h2 ref={head} tabIndex={-1}>
        {title}
      </h2>
      {children}
      <p>
        <button type="button" onClick={done}>
          I have it
        </button>
      </p>
    </section>
  )
}

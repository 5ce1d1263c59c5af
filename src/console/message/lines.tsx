import { clock, plainly } from '../parts/plain.ts'

const marks: Readonly<Record<string, readonly [string, string]>> = {
  client: ['->', 'client'],
  server: ['<-', 'server'],
  note: ['==', 'note'],
}

/** Lines of an SMTP dialogue, with the marks that mail people know. */
export function Lines(props: {
  readonly lines: readonly { readonly from: string; readonly text: string; readonly at?: string }[]
}) {
  return (
    <ol class="lines">
      {props.lines.map(({ from, text, at }, index) => {
        const [mark, who] = marks[from] ?? ['  ', from]
        return (
          <li key={index} class={from}>
            {at === undefined ? null : (
              <time class="muted" dateTime={at}>
                {clock(at)}
              </time>
            )}
            <span class="mark" aria-hidden="true">
              {mark}
            </span>
            <span class="heard">{who}: </span>
            <code>{plainly(text)}</code>
          </li>
        )
      })}
    </ol>
  )
}

import type { Session } from '../types.ts'

const banners: Readonly<Record<Session['mode'], readonly [string, string]>> = {
  lab: ['LAB', 'nothing leaves this computer'],
  catch: ['CATCH', 'mail is kept here, none goes out'],
  live: ['LIVE', 'real mail'],
}

/** What server this is, in words and with a border of its own. */
export function Banner({ mode }: { readonly mode: Session['mode'] }) {
  const [word, sentence] = banners[mode]
  return (
    <p class={`banner ${mode}`}>
      <strong>{word}</strong>
      <span class="wide"> · {sentence}</span>
    </p>
  )
}

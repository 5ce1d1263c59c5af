import { useState } from 'preact/hooks'

/** Puts a text where it can be pasted from, and says that it did. */
export function Copy(props: { readonly text: string; readonly what: string }) {
  const [said, setSaid] = useState('')
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(props.text)
      setSaid('Copied')
    } catch {
      setSaid('Not allowed here')
    }
    setTimeout(() => setSaid(''), 2_000)
  }
  return (
    <>
      <button type="button" class="small" onClick={() => void copy()}>
        {said === '' ? 'Copy' : said}
        <span class="heard"> {props.what}</span>
      </button>
      <span class="heard" role="status">
        {said}
      </span>
    </>
  )
}

/** A command or an example, with a button that copies it. */
export function Sample(props: { readonly text: string; readonly what: string }) {
  return (
    <div class="sample">
      <pre>{props.text}</pre>
      <Copy text={props.text} what={props.what} />
    </div>
  )
}

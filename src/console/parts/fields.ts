/** What stands in the fields of a form, as text; `whole`: with the spaces around it. */
export function fieldsOf(event: SubmitEvent): (name: string, how?: 'whole') => string {
  event.preventDefault()
  const form = event.currentTarget
  const data = form instanceof HTMLFormElement ? new FormData(form) : new FormData()
  return (name, how) => {
    const value = data.get(name)
    const text = typeof value === 'string' ? value : ''
    return how === 'whole' ? text : text.trim()
  }
}

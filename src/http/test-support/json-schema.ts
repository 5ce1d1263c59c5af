/** A schema, by the words that it has. */
export type Schema = Readonly<Record<string, unknown>>

/** Words that say nothing of what fits. */
const remarks = new Set(['description', 'example', 'default'])

/** What one schema says of a value: what does not fit it, and which members of an object it names. */
interface Look {
  readonly misfits: readonly string[]
  readonly named: readonly string[]
}

/**
 * What of some JSON does not fit a schema, each with its place, by the words of JSON Schema that our
 * own document uses: any other is an error, and so none is passed over in silence. A member that no
 * schema names is a misfit, too, unless the document says that there may be any.
 */
export class SchemaCheck {
  readonly #schemas: Readonly<Record<string, Schema>>

  /** `schemas` are those that have a name. */
  constructor(schemas: Readonly<Record<string, Schema>>) {
    this.#schemas = schemas
  }

  misfits(schema: Schema, value: unknown, at = ''): readonly string[] {
    const { misfits, named } = this.#look(schema, value, at)
    if (!isObject(value) || saysNothing(schema)) return misfits
    const untold = Object.keys(value).filter((name) => !named.includes(name))
    return [...misfits, ...untold.map((name) => `${at}/${name} is not in the document`)]
  }

  #look(schema: Schema, value: unknown, at: string): Look {
    const looks = Object.entries(schema).map(([word, said]) => this.#word(word, said, value, at))
    const look = joined(looks)
    // It names all that are there, when it says what all others are like.
    const others = schema['additionalProperties']
    if (!isObject(others) || !isObject(value)) return look
    const known = isObject(schema['properties']) ? schema['properties'] : {}
    const more = Object.entries(value).filter(([name]) => !(name in known))
    return joined([look, ...more.map(([name, one]) => this.#member(others, name, one, at))])
  }

  #word(word: string, said: unknown, value: unknown, at: string): Look {
    switch (word) {
      case '$ref':
        return this.#look(this.#named(String(said)), value, at)
      case 'type':
        return only(isOfType(value, said), `${at} is no ${String(said)}`)
      case 'enum':
        return only(isArray(said) && said.includes(value), `${at} is not of ${String(said)}`)
      case 'maxLength':
        return only(typeof value !== 'string' || value.length <= Number(said), `${at} is too long`)
      case 'minLength':
        return only(typeof value !== 'string' || value.length >= Number(said), `${at} is too short`)
      case 'maxItems':
        return only(!isArray(value) || value.length <= Number(said), `${at} has too many`)
      case 'required': {
        const missing =
          isObject(value) && isArray(said) ? said.filter((one) => !(String(one) in value)) : []
        return { misfits: missing.map((name) => `${at}/${String(name)} is missing`), named: [] }
      }
      case 'properties': {
        if (!isObject(value) || !isObject(said)) return nothing
        const present = Object.entries(said).filter(([name]) => name in value)
        return joined(present.map(([name, one]) => this.#member(one, name, value[name], at)))
      }
      case 'items': {
        if (!isArray(value)) return nothing
        const misfits = value.flatMap((one, n) => this.misfits(schemaOf(said), one, `${at}/${n}`))
        return { misfits, named: [] }
      }
      case 'allOf':
        return joined(listOf(said).map((one) => this.#look(one, value, at)))
      case 'anyOf': {
        const looks = listOf(said).map((one) => this.#look(one, value, at))
        return looks.find(({ misfits }) => misfits.length === 0) ?? joined(looks)
      }
      case 'additionalProperties':
        return nothing
      default:
        if (remarks.has(word)) return nothing
        throw new Error(`json-schema: the word "${word}" is not known here`)
    }
  }

  #member(schema: unknown, name: string, value: unknown, at: string): Look {
    return { misfits: this.misfits(schemaOf(schema), value, `${at}/${name}`), named: [name] }
  }

  #named(ref: string): Schema {
    const schema = this.#schemas[ref.slice('#/components/schemas/'.length)]
    if (schema === undefined) throw new Error(`json-schema: ${ref} leads nowhere`)
    return schema
  }
}

const nothing: Look = { misfits: [], named: [] }

/** Anything fits what says nothing. */
function saysNothing(schema: Schema): boolean {
  return Object.keys(schema).every((word) => remarks.has(word))
}

function only(fits: boolean, misfit: string): Look {
  return fits ? nothing : { misfits: [misfit], named: [] }
}

function joined(looks: readonly Look[]): Look {
  return {
    misfits: looks.flatMap(({ misfits }) => misfits),
    named: looks.flatMap(({ named }) => named),
  }
}

function isOfType(value: unknown, said: unknown): boolean {
  if (isArray(said)) return said.some((one) => isOfType(value, one))
  if (said === 'null') return value === null
  if (said === 'array') return isArray(value)
  if (said === 'object') return isObject(value)
  if (said === 'integer') return Number.isInteger(value)
  return typeof value === said
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !isArray(value)
}

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function schemaOf(value: unknown): Schema {
  if (isObject(value)) return value
  throw new Error(`json-schema: ${String(value)} is no schema`)
}

function listOf(value: unknown): readonly Schema[] {
  return isArray(value) ? value.map(schemaOf) : []
}

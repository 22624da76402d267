/** Finds an element of index.html by ID. Throws when it is missing or of another type. */
export function findElement<Type extends HTMLElement = HTMLElement>(id: string, type?: new () => Type): Type {
  const element = document.getElementById(id)
  if (!(element instanceof (type ?? HTMLElement)))
    throw new Error(`index.html has no ${type?.name ?? 'element'} #${id}`)
  return element as Type
}

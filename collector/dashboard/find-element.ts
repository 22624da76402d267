/** The element of an id that index.html is known to hold, as the type it has there. */
export function findElement<Type extends HTMLElement = HTMLElement>(id: string, type?: new () => Type): Type {
  const element = document.getElementById(id)
  if (!(element instanceof (type ?? HTMLElement)))
    throw new Error(`index.html has no ${type?.name ?? 'element'} #${id}`)
  return element as Type
}

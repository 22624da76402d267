/** Ways to load the script: four tags, and two scripts that create one. */
export const LOADINGS = ['blocking', 'defer', 'async', 'module', 'injected', 'late'] as const
export type Loading = (typeof LOADINGS)[number]

/** The documented snippet for pages that call the tracker before it is loaded. */
export const STUB = `<script>
  window.zenovay=window.zenovay||function(){(zenovay.q=zenovay.q||[]).push(arguments)}
</script>`

export interface ScriptTag {
  src: string
  /** Data attributes, as `dataset` names them; undefined ones are omitted. */
  dataset: Record<string, string | undefined>
  integrity?: string | undefined
}

const MARKUP = { blocking: '', defer: 'defer', async: 'async', module: 'type="module"' }

/** The HTML that loads the script in a page. */
export function scriptTag(loading: Loading, { src, dataset, integrity }: ScriptTag): string {
  const present = Object.entries(dataset).filter(([, value]) => value !== undefined) as [string, string][]
  if (loading === 'injected' || loading === 'late')
    return injectingScript(loading, { src, dataset: Object.fromEntries(present) })
  const attributes = [
    MARKUP[loading],
    ...present.map(
      ([name, value]) => `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}="${value}"`,
    ),
    integrity ? `integrity="${integrity}"` : '',
    // Without it, browsers hide rejections inside a cross-origin script from the page, and so from the
    // probe.
    'crossorigin',
  ]
  return `<script ${attributes.join(' ')} src="${src}"></script>`
}

/** Injects at once, or `late`: in a task after the page's load event. */
function injectingScript(loading: 'injected' | 'late', { src, dataset }: ScriptTag): string {
  const inject = `{
    const script = document.createElement('script')
    Object.assign(script.dataset, ${JSON.stringify(dataset)})
    script.crossOrigin = 'anonymous'
    script.src = ${JSON.stringify(src)}
    document.head.append(script)
  }`
  return `<script>${loading === 'late' ? `addEventListener('load', () => setTimeout(() => ${inject}))` : inject}</script>`
}

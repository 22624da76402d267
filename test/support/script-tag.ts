/** Ways in which a page gets the script: four tags, and two scripts that make one. */
export const LOADINGS = ['blocking', 'defer', 'async', 'module', 'injected', 'late'] as const
export type Loading = (typeof LOADINGS)[number]

/** What the documentation has pages carry that call the tracker before it is there. */
export const STUB = `<script>
  window.zenovay=window.zenovay||function(){(zenovay.q=zenovay.q||[]).push(arguments)}
</script>`

export interface ScriptTag {
  src: string
  /** Data attributes, as `dataset` names them; undefined ones are left out. */
  dataset: Record<string, string | undefined>
  integrity?: string | undefined
}

const MARKUP = { blocking: '', defer: 'defer', async: 'async', module: 'type="module"' }

/** The HTML by which a page loads the script. */
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
    // Without it, browsers keep rejections inside a script of another origin from the page, and so from the probe.
    'crossorigin',
  ]
  return `<script ${attributes.join(' ')} src="${src}"></script>`
}

/** At once, or `late`: in a task after the page's load event. */
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

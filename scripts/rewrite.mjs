import MagicString from 'magic-string'

/**
 * Creates a rollup plugin that edits the code of each chunk. Each edit is a plugin of its own, because rollup
 * joins their source maps. Without a result of `edit`, the chunk stays as it is.
 */
export const rewrite = (name, edit) => ({
  name,
  renderChunk(code) {
    const edited = edit(new MagicString(code))
    return edited ? { code: edited.toString(), map: edited.generateMap({ hires: 'boundary' }) } : null
  },
})

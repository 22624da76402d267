import { options, sendNamed, type Kind } from './core.js'
import { onLinkClick } from './on-link-click.js'
import { textOf } from './text-of.js'

/** Extensions of files that visitors download. */
const EXTENSIONS =
  'pdf doc docx xls xlsx ppt pptx odt ods odp rtf txt csv tsv epub mobi zip rar 7z gz tar tgz bz2 xz iso dmg pkg exe msi apk deb rpm mp3 m4a ogg wav flac mp4 m4v mov avi mkv webm'

/**
 * Clicks on links that download a file, on any host: `file_download` with `url`, `extension` and `text`, instead of
 * `outbound_click`. A link is one by its attribute `download` or by the extension of its path.
 *
 * The option `downloads` replaces the list of extensions, or adds to it if it begins with `+`.
 */
export const downloads: Kind = () => {
  const own = options.downloads || '+'
  const extensions: string[] =
    (own.startsWith('+') ? `${EXTENSIONS} ${own}` : own).toLowerCase().match(/\w+/g) || []

  onLinkClick(0, ({ element, url }) => {
    const isMarked = element.hasAttribute('download')
    const isWeb = url.protocol.startsWith('http')
    const extension = isWeb ? /\.(\w+)$/.exec(url.pathname.toLowerCase())?.[1] || '' : ''
    if (
      !(isWeb ? isMarked || extensions.includes(extension) : isMarked && /^(blob|data):/.test(url.protocol))
    )
      return false
    url.username = url.password = ''
    return (
      sendNamed('file_download', {
        // The URL of a blob means nothing elsewhere, and that of data is the file.
        ...(isWeb && { url: url.href }),
        extension,
        text: textOf(element),
      }) || true
    )
  })
}

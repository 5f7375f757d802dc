import type { Classifier } from '../../../classifier/classifier.js'

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, character => entities[character]!)

/**
 * Everything from the page's own folder, nothing from elsewhere. 'wasm-unsafe-eval' is what WebAssembly needs, and no
 * more than that. blob: is for what the camera and the dropped images are made of.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** index.html of a classifier's page. */
export function pageHtml({ classNames, inputShape: [, height, width], provenance }: Classifier): string {
  const about = [
    `${classNames.length} classes, images of ${height} × ${width} pixels`,
    ...(provenance.dataset ? [`trained on ${provenance.dataset}`] : []),
    ...(provenance.recipe ? [`recipe ${provenance.recipe}`] : []),
  ].join(' · ')
  const list = classNames.length <= 100 ? classNames : [...classNames.slice(0, 100), '…']
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>Image classifier</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="style.css">
<script type="module" src="main.js"></script>
</head>
<body>
<header>
<h1>Image classifier</h1>
<p>${escapeHtml(about)}</p>
</header>
<main>
<label id="drop" class="drop" for="files">
<input id="files" type="file" accept="image/*" multiple>
<strong>Drop images here</strong>
<span>or choose or paste them</span>
</label>
<div class="tools">
<button id="camera" type="button" hidden>Use camera</button>
<button id="clear" type="button" hidden>Clear</button>
</div>
<video id="video" muted playsinline hidden></video>
<p id="status" role="status" aria-live="polite">Loading the model…</p>
<noscript><p>The page needs JavaScript: it runs the classifier here, in the browser.</p></noscript>
<ol id="results" aria-label="Results, newest first"></ol>
<details>
<summary>Classes</summary>
<ul class="classes">
${list.map(name => `<li>${escapeHtml(name)}</li>`).join('\n')}
</ul>
</details>
</main>
<footer><p>Made with Fovea. Runs on ONNX Runtime Web (Microsoft, MIT licence). Images stay on this device.</p></footer>
</body>
</html>
`
}

/** Three cells of an eye's centre: a file, since the policy lets no icon stand in the page itself. */
export const iconSvg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="#0f5c6e"/><circle cx="16" cy="16" r="9" fill="#fff"/><circle cx="16" cy="16" r="4.5" fill="#0f5c6e"/></svg>
`

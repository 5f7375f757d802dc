import { type Html, html } from '../html.js'
import { count, gibibytes } from '../numbers.js'
import type { Section } from './section.js'

/** Short lists stay on one line: a recipe is read, not only parsed. Line breaks inside strings are escaped in JSON. */
const written = (recipe: object): string =>
  JSON.stringify(recipe, null, 2).replace(
    /\[\n([^[\]{}]{1,100}?)\n\s*\]/g,
    (_, items: string) => `[${items.trim().replace(/,\n\s*/g, ', ')}]`,
  )

export const recipe: Section = {
  id: 'recipe',
  title: 'Recipe',
  render: page =>
    html`${page.provenance.command && html`<p>To train this again:</p><pre tabindex="0"><code>${page.provenance.command}</code></pre>`}
<pre tabindex="0" aria-label="Recipe as JSON"><code>${written(page.recipe)}</code></pre>`,
}

const line = (name: string, value: string, hash = false): Html =>
  html`<tr><th scope="row">${name}</th><td>${hash ? html`<code class="hash">${value}</code>` : value}</td></tr>`

export const provenance: Section = {
  id: 'provenance',
  title: 'Provenance',
  render({ summary, provenance: { seed, datasetHashes, weightsHash } }) {
    const { machine, versions, data } = summary
    return html`<table class="origin"><tbody>
${line('Seed', String(seed))}
${line('Data', `${data.name}: ${count(data.trainCount)} training and ${count(data.validationCount)} validation images${data.validationIsTest ? ' (the test images)' : ''}`)}
${weightsHash && line('Weights', weightsHash, true)}
${Object.entries(datasetHashes).map(([file, hash]) => line(file, hash, true))}
${line('Machine', `${machine.processor}, ${machine.cores} cores, ${gibibytes(machine.memoryBytes)}, ${machine.platform}`)}
${line('Device', `${machine.device}, ${machine.threads} threads`)}
${Object.entries(versions).map(([name, version]) => line(name, version))}
</tbody></table>`
  },
}

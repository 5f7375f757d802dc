// What the test of the exported page does inside of it: plain JavaScript, as it runs there.

/** A DataTransfer of PNG files, as a drop carries them. */
globalThis.transferOf = files => {
  const data = new DataTransfer()
  for (const { name, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0))
    data.items.add(new File([bytes], name, { type: 'image/png' }))
  }
  return data
}

/** Names of images and their bars, as shown. */
globalThis.shownAnswers = () =>
  [...document.querySelectorAll('.card')].map(card => ({
    name: card.querySelector('.name').textContent,
    classes: [...card.querySelectorAll('.bar')].map(({ dataset }) => ({
      className: dataset.class,
      probability: Number(dataset.probability),
    })),
  }))

globalThis.focused = () => document.activeElement.id
globalThis.pageWidth = () => document.documentElement.scrollWidth

globalThis.askElsewhere = () => {
  const picture = new Image()
  picture.src = 'https://example.org/x.png'
  document.body.append(picture)
}

/** One line that says what is going on: repainted on a terminal, written when it changes elsewhere. Uses stderr. */
export interface StatusLine {
  show(text: string): void
  end(): void
}

export function lineWriter({ plain }: { plain: boolean }): StatusLine {
  let shown = ''
  return {
    show(text) {
      // Percentages change too often for a log file.
      const key = plain ? text.replace(/ \d+ %$/, '') : text
      if (key === shown) return
      shown = key
      process.stderr.write(plain ? `${key}\n` : `\r\u001b[K${text}`)
    },
    end() {
      if (!plain && shown) process.stderr.write('\r\u001b[K')
      shown = ''
    },
  }
}

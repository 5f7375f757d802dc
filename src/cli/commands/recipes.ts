import { printJson } from '../options.js'
import type { AddCommand } from './index.js'

export const addRecipes: AddCommand = program => {
  program
    .command('recipes')
    .description('list the recipes that come with Fovea')
    .option('--json', 'every field of every recipe')
    .action(async ({ json }) => {
      const { recipeNamed, recipeNames } = await import('../../train/recipes/index.js')
      const all = recipeNames.map(recipeNamed)
      if (json) return printJson(all)
      const width = Math.max(...recipeNames.map(name => name.length))
      for (const { name, description } of all) process.stdout.write(`${name.padEnd(width)}  ${description}\n`)
      process.stdout.write('\nfovea recipes --json prints them in full; a file with such data is a recipe too.\n')
    })
}

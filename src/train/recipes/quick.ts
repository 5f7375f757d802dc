import type { RecipeInput } from '../recipe.js'
import { speed90 } from './speed90.js'

/** What `npm start` runs. */
export const quick: RecipeInput = {
  ...speed90,
  name: 'quick',
  description: 'speed90 under the name of what it is for: a first run, minutes on two cores.',
}

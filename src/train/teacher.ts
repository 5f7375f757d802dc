import { stat } from 'node:fs/promises'
import type { Classifier } from '../classifier/classifier.js'
import { loadClassifier } from '../classifier/load.js'
import { UsageError } from '../core/errors.js'
import { decodeModel } from '../onnx/protobuf/index.js'
import { operators } from '../ops/index.js'
import type { Distillation } from './distillation.js'
import { refuseOtherFile, sha256Of } from './file-hash.js'
import type { DistillationData, Recipe } from './recipe.js'
import { runPaths } from './run-directory.js'

export interface Teacher {
  classifier: Classifier
  /** Of the file. */
  sha256: string
}

/** The classifier that teaches: a run's, or an ONNX file's. */
export async function openTeacher(path: string): Promise<Teacher> {
  const facts = await stat(path).catch(() => undefined)
  if (!facts)
    throw new UsageError({
      where: `teacher ${path}`,
      expected: 'a run directory or an ONNX file',
      received: 'nothing of that name',
      fix: 'check the path; a run that is resumed needs its teacher where it was',
    })
  const classifier = await loadClassifier(facts.isDirectory() ? runPaths(path).model : path)
  return { classifier, sha256: sha256Of(classifier.model) }
}

/** What a recipe says of its teacher, made ready for the step graph. @throws UsageError where it is another file now */
export async function openDistillation(
  { teacher: path, teacherSha256, temperature, alpha }: DistillationData,
  classNames: readonly string[],
): Promise<Distillation> {
  const { classifier, sha256 } = await openTeacher(path)
  refuseOtherFile(`teacher ${path}`, 'teacher', teacherSha256, sha256)
  return distillationOf(classifier, { temperature, alpha }, classNames)
}

/** A classifier as the teacher of a network for these classes. */
export function distillationOf(
  classifier: Classifier,
  { temperature, alpha }: { temperature: number; alpha: number },
  classNames: readonly string[],
): Distillation {
  const unnamed = (name: string | undefined): boolean => name === undefined || name.startsWith('class ')
  const unlike = classifier.classNames.findIndex(
    (name, c) => name !== classNames[c] && !unnamed(name) && !unnamed(classNames[c]),
  )
  if (unlike >= 0 || classifier.classNames.length !== classNames.length)
    throw new UsageError({
      where: 'teacher',
      expected: `the classes of the data set (${classNames.slice(0, 3).join(', ')}, ...: ${classNames.length})`,
      received: `${classifier.classNames.slice(0, 3).join(', ')}, ...: ${classifier.classNames.length}`,
      fix: 'give a teacher that was trained on the same data set',
    })
  return { teacher: decodeModel(classifier.model, { operators }).graph, temperature, alpha }
}

/** The recipe with the hash of its teacher's file, so that a resumed run learns from the same one. */
export async function withTeacherHash(recipe: Recipe): Promise<Recipe> {
  const { distillation } = recipe
  if (!distillation || distillation.teacherSha256 !== undefined) return recipe
  const { sha256 } = await openTeacher(distillation.teacher)
  return { ...recipe, distillation: { ...distillation, teacherSha256: sha256 } }
}

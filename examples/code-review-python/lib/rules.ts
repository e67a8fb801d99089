// All rules by their names, which are those of code.issues where they look for the same.
import {bareExcept, mutableDefault, noneComparison} from './rules_mendable'
import {debugPrint} from './rules_prints'
import {shadowedBuiltin, unusedImport, unusedVariable, wildcardImport} from './rules_names'
import {complexFunction, deepNesting, longFunction, manyParameters} from './rules_functions'
import {missingNewline, openComment, trailingSpace} from './rules_text'
import {assertTuple, isLiteral} from './rules_mistakes'
import type {Rule} from './review'

export const rules: Record<string, Rule> = {
  trailing_space: trailingSpace,
  missing_newline: missingNewline,
  todo: openComment,
  debug_print: debugPrint,
  bare_except: bareExcept,
  mutable_default: mutableDefault,
  none_comparison: noneComparison,
  assert_tuple: assertTuple,
  is_literal: isLiteral,
  wildcard_import: wildcardImport,
  unused_import: unusedImport,
  unused_variable: unusedVariable,
  shadowed_builtin: shadowedBuiltin,
  long_function: longFunction,
  complex_function: complexFunction,
  many_parameters: manyParameters,
  deep_nesting: deepNesting,
}

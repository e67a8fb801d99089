package scripts

import (
	"math/big"
	"reflect"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// foldedBitsMax bounds the BigInts that one source has the compiler compute, all together: goja works out operations on
// constants while it compiles, where no limit of an execution holds.
const foldedBitsMax = 1 << 20

const hugeResult = "an operation on BigInts would be worked out while compiling, and its result is huge: put an operand into a variable"

// hugeConstant returns where, from 1, an operation on constants begins that would keep the compiler busy, such as
// 10n ** 1000000000n; 0 where there is none.
func hugeConstant(source string, tree *ast.Program) (at int) {
	if !strings.Contains(source, "**") && !strings.Contains(source, "<<") {
		return 0
	}
	left := uint64(foldedBitsMax)
	visit(reflect.ValueOf(tree.Body), 0, func(node reflect.Value, _ int) bool {
		operation, ok := node.Interface().(*ast.BinaryExpression)
		if !ok || !grows(operation.Operator) || !constant(operation.Left) || !constant(operation.Right) {
			return true
		}
		if bits := foldedBits(operation); bits <= left {
			left -= bits
			return true
		}
		at = int(operation.Idx0())
		return false
	})
	return at
}

// grows reports whether an operator makes numbers out of proportion to its operands.
func grows(t token.Token) bool { return t == token.EXPONENT || t == token.SHIFT_LEFT }

// constant reports whether the compiler may know the value of an expression, and that value may be a BigInt.
func constant(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.NumberLiteral:
		_, is := e.Value.(*big.Int)
		return is
	case *ast.UnaryExpression:
		return constant(e.Operand)
	case *ast.BinaryExpression:
		return constant(e.Left) || constant(e.Right)
	case *ast.ConditionalExpression:
		return constant(e.Consequent) || constant(e.Alternate)
	}
	return false
}

// foldedBits estimates the length of what an operation gives. Of operands that are not literals it makes no estimate.
func foldedBits(operation *ast.BinaryExpression) uint64 {
	base, known := literal(operation.Left)
	times, also := literal(operation.Right)
	if !known || !also || times.BitLen() > 32 {
		return foldedBitsMax + 1
	}
	bits := uint64(base.BitLen())
	if operation.Operator == token.SHIFT_LEFT {
		return bits + times.Uint64()
	}
	return bits * times.Uint64()
}

// literal returns the value of a BigInt that is written out, its sign aside.
func literal(e ast.Expression) (*big.Int, bool) {
	if u, ok := e.(*ast.UnaryExpression); ok {
		return literal(u.Operand)
	}
	number, ok := e.(*ast.NumberLiteral)
	if !ok {
		return nil, false
	}
	value, ok := number.Value.(*big.Int)
	return value, ok
}

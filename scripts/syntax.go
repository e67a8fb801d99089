package scripts

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// Errors speak of the source as its author wrote it. The parser and the compiler, which see it wrapped in a function,
// speak of the text around it, too, and of some mistakes in words that help nobody: see faultOf.

const noExpression = "SyntaxError: an expression is needed here, and there is none"

// syntaxError turns an error of the parser or compiler into one about the source. Nil says that the source broke out
// of what it was wrapped in.
func (c *compilation) syntaxError(err error) *Error {
	what := "script"
	if c.expression {
		what = "expression"
	}
	offset, message, ended := c.stumble(err)
	fault, blank := faultOf(c.source, what)
	decides := fault != nil && (err == nil || ended || fault.offset == offset || fault.stray && fault.offset < offset)
	switch {
	case blank && c.expression:
		return c.failure(KindScript, 0, noExpression)
	case decides:
		offset, message = fault.offset, fault.message
	case ended && strings.HasPrefix(message, "Unexpected"):
		offset = len(strings.TrimRightFunc(c.source, unicode.IsSpace))
		message = "Unexpected end of input: the " + what + " ends where more must follow"
	case err == nil:
		message = "the brackets do not match"
	default:
		offset, message = c.reword(offset, message)
	}
	return c.failure(KindScript, offset, "SyntaxError: "+shorten(message))
}

// stumble returns where an error stands in the source, and what it says. Ended says that the parser came to the end of
// the source and took offence at the text behind it.
func (c *compilation) stumble(err error) (offset int, message string, ended bool) {
	line, column, message := foundAt(err)
	line-- // of what the source is wrapped in
	if line < 1 {
		return 0, message, false
	}
	if _, last := c.place.line(line); line > last {
		return len(c.source), message, true
	}
	offset = min(c.place.start(line)+column-1, len(c.source))
	if strings.TrimSpace(c.source[offset:]) == "throw" {
		return len(c.source), "Unexpected end of input", true // not its line break, which is ours
	}
	return offset, message, false
}

// foundAt returns what an error of the parser or compiler says, and which place of the program it names; line 0 for none.
func foundAt(err error) (line, column int, message string) {
	var list parser.ErrorList
	var compiler *goja.CompilerSyntaxError
	switch {
	case errors.As(err, &list) && len(list) > 0:
		return list[0].Position.Line, list[0].Position.Column, list[0].Message
	case errors.As(err, &compiler):
		if compiler.File == nil {
			return 0, 0, compiler.Message
		}
		at := compiler.File.Position(compiler.Offset)
		return at.Line, at.Column, compiler.Message
	case err != nil:
		return 0, 0, err.Error()
	}
	return 0, 0, ""
}

// reword says what the parser means, or what to write instead, where its own words do not.
func (c *compilation) reword(offset int, message string) (at int, better string) {
	before, after := strings.TrimRightFunc(c.source[:offset], unicode.IsSpace), c.source[offset:]
	word, last := leadingWord(after), trailingWord(before)
	switch {
	case strings.HasSuffix(message, "ILLEGAL"):
		return offset, illegal(after)
	case strings.HasPrefix(after, "/") && strings.Contains(message, "Invalid flags"):
		return offset, strings.TrimPrefix(noFlags, "SyntaxError: ")
	case strings.HasPrefix(after, "/") && !strings.Contains(message, "regular expression") && !strings.HasPrefix(message, "Unexpected"):
		return offset, "Invalid regular expression: " + message
	case word == "import" || word == "export":
		return offset, message + ": import and export belong into modules; this is the body of a function"
	case last == "await":
		return len(before) - len(last), c.noAwait()
	case word == "await":
		return offset, c.noAwait()
	case c.expression && word == "return":
		return offset, message + ": one expression is needed here, not statements; leave out `return`"
	case c.expression && (strings.HasPrefix(after, ";") || statementWords[word]):
		return offset, message + ": one expression is needed here, not statements"
	case word == "and" || word == "or":
		return offset, fmt.Sprintf("%s: write %s for `%s`", message, map[string]string{"and": "&&", "or": "||"}[word], word)
	case last == "not":
		return len(before) - len(last), "Unexpected identifier: write ! for `not`"
	}
	return offset, message
}

// asyncModule is a script that may wait.
const asyncModule = "export default async function (state, ctx) { … }"

// What is said of an await that stands alone, in an expression and in a script.
const (
	noAwait         = "await is not possible outside of an async function"
	noAwaitInScript = noAwait + ": make the function around it async, or write a module: " + asyncModule
)

func (c *compilation) noAwait() string {
	if c.expression {
		return noAwait
	}
	return noAwaitInScript
}

var statementWords = map[string]bool{
	"if": true, "for": true, "while": true, "do": true, "const": true, "let": true, "var": true, "throw": true, "switch": true, "try": true,
}

// illegal says why the parser cannot make anything of a text.
func illegal(text string) string {
	switch r, _ := utf8.DecodeRuneInString(text); {
	case r == '"' || r == '\'':
		return "the string that begins here holds an escape that JavaScript does not have"
	case r >= '0' && r <= '9':
		return "this is not a number"
	case strings.ContainsRune("“”„‘’‚«»", r):
		return fmt.Sprintf("%c is not a quote in JavaScript: write \" or '", r)
	default:
		return fmt.Sprintf("`%c` means nothing here", r)
	}
}

// leadingWord returns the word that a text begins with, "" for none.
func leadingWord(text string) string {
	end := 0
	for end < len(text) && isWord(text[end]) {
		end++
	}
	return text[:end]
}

// trailingWord returns the word that a text ends with, "" for none.
func trailingWord(text string) string {
	start := len(text)
	for start > 0 && isWord(text[start-1]) {
		start--
	}
	return text[start:]
}

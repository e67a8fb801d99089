package runindex

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"

	"modernc.org/sqlite"
)

// guard opens connections on which nothing but a SELECT over the views can be prepared.
type guard struct{ driver.Connector }

func openPeople(path string) (*sql.DB, error) {
	connector, err := connectorTo(path, "rw", "query_only(1)", cache(readerCache))
	if err != nil {
		return nil, err
	}
	return pool(guard{connector}, peopleMax), nil
}

// Connect opens a guarded connection.
func (g guard) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := g.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	guarded, ok := conn.(sqlite.AuthorizerRegisterer)
	if !ok {
		return nil, errors.Join(errors.New("run index: this driver cannot guard a connection"), conn.Close())
	}
	if err := guarded.RegisterAuthorizer(authorize); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// authorize says what a statement of a person may do. What is not named is refused: changing, attaching, pragmas, transactions.
func authorize(action sqlite.AuthorizerActionCode, subject, detail, _, by string) sqlite.AuthorizerReturnCode {
	allowed := false
	switch action {
	case sqlite.AuthSelect, sqlite.AuthRecursive:
		allowed = true
	case sqlite.AuthFunction:
		allowed = !strings.EqualFold(detail, "load_extension")
	case sqlite.AuthRead:
		// A view may read what it is made of; a person reads views, and what functions give. Where no column is read of a table that
		// stands behind a view, SQLite does not say by which view.
		allowed = detail == "" || slices.Contains(viewNames(), by) || slices.Contains(viewNames(), subject) ||
			subject == "json_each" || subject == "json_tree"
	default:
	}
	if allowed {
		return sqlite.AuthorizerOK
	}
	return sqlite.AuthorizerDeny
}

func viewNames() []string {
	names := make([]string, len(people))
	for i, v := range people {
		names[i] = v.Name
	}
	return names
}

// single reports whether a text is at most one statement, that is, has nothing but space and comments behind its first semicolon.
func single(text string) bool {
	ended := false
	for text != "" {
		length, blank := token(text)
		switch {
		case text[0] == ';':
			ended = true
		case ended && !blank:
			return false
		}
		text = text[length:]
	}
	return true
}

// token returns the length of what a text begins with, as far as semicolons in it are none: a text or name in quotes, a comment, or
// one byte; and whether it says nothing.
func token(text string) (length int, blank bool) {
	through := func(from int, end string) int {
		if i := strings.Index(text[from:], end); i >= 0 {
			return from + i + len(end)
		}
		return len(text)
	}
	switch {
	case strings.HasPrefix(text, "--"):
		return through(0, "\n"), true
	case strings.HasPrefix(text, "/*"):
		return through(len("/*"), "*/"), true
	case strings.ContainsRune("'\"`", rune(text[0])):
		return through(1, text[:1]), false // a doubled quote begins a text that follows
	case text[0] == '[':
		return through(1, "]"), false
	default:
		return 1, strings.ContainsRune(" \t\r\n\f;", rune(text[0]))
	}
}

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// serverURL reads the --server flag.
func serverURL(server string) (*url.URL, error) {
	address, err := url.Parse(server)
	if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") {
		return nil, usagef("--server %q is not an address; write http://HOST:PORT", server)
	}
	return address, nil
}

// post sends JSON to a place below a server's address, and has take read the answer. Where no server answers, the error says so.
func post(ctx context.Context, server string, address *url.URL, body []byte, take func(*http.Response) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return reachError(server, nil, err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	return take(response)
}

// getJSON reads what is at a place below a server's address. Where no server answers, the error says so.
func getJSON(ctx context.Context, client *http.Client, server string, address *url.URL, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return reachError(server, nil, err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if response.StatusCode != http.StatusOK {
		return reachError(server, response, nil)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("%s answered %s with what cannot be read: %w", server, address.Path, err)
	}
	return nil
}

// refusedError is an answer that asking again does not change.
type refusedError struct{ text string }

// Error returns what the server said.
func (e *refusedError) Error() string { return e.text }

// reachError says why a server did not do as it was asked: it is not there, or it answered with a problem,
// which is a *refusedError. The response is nil where there was none.
func reachError(server string, response *http.Response, err error) error {
	if response == nil {
		if asked := (*url.Error)(nil); errors.As(err, &asked) {
			err = asked.Err // the rest says in other words that there was a request
		}
		return fmt.Errorf("no weir answers at %s; start one with 'weir serve' or name it with --server: %w", server, err)
	}
	var problem struct {
		Title, Detail string
		Errors        []struct{ Location, Message, Hint string }
	}
	if response.Body != nil && json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&problem) == nil && problem.Title != "" {
		var mistakes []string
		for _, e := range problem.Errors {
			mistakes = append(mistakes, strings.TrimSuffix(e.Location+": "+e.Message+"; "+e.Hint, "; "))
		}
		text := cmp.Or(strings.Join(mistakes, "\n  "), problem.Detail, problem.Title)
		return &refusedError{fmt.Sprintf("%s: %s", server, text)}
	}
	return fmt.Errorf("%s answered %s; is that a weir?", server, response.Status)
}

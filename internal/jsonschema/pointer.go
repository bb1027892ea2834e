package jsonschema

import (
	"strconv"
	"strings"
)

var (
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

// Append is a JSON Pointer with one more token.
func Append(pointer, token string) string {
	if strings.ContainsAny(token, "~/") {
		token = escaper.Replace(token)
	}
	return pointer + "/" + token
}

// AppendIndex is a JSON Pointer with one more index.
func AppendIndex(pointer string, i int) string { return pointer + "/" + strconv.Itoa(i) }

// tokens splits a JSON Pointer. It says no to what is none.
func tokens(pointer string) ([]string, bool) {
	if pointer == "" {
		return nil, true
	}
	if pointer[0] != '/' {
		return nil, false
	}
	parts := strings.Split(pointer[1:], "/")
	for i, p := range parts {
		parts[i] = unescaper.Replace(p)
	}
	return parts, true
}

// step goes down one level of a value.
func step(v any, token string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		child, ok := v[token]
		return child, ok
	case []any:
		i, err := strconv.Atoi(token)
		if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != token {
			return nil, false
		}
		return v[i], true
	}
	return nil, false
}

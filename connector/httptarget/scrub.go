package httptarget

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// A scrubber takes a target's secrets out of text that others made: answers, and the
// errors of net/http.
type scrubber struct {
	replacer *strings.Replacer
	longest  int
}

// minSecret is the length from which on a part of the URL or a header's value is taken
// for a secret; credentials always are.
const minSecret = 4

func newScrubber(c *config) scrubber {
	var secrets []string
	if c.auth.c != nil {
		secrets = append(secrets, c.auth.c.secrets...)
	}
	add := func(least int, texts ...string) {
		for _, s := range texts {
			if len(s) >= least {
				secrets = append(secrets, s)
			}
		}
	}
	for _, values := range c.header {
		add(minSecret, values...)
	}
	for _, values := range c.url.Query() {
		add(minSecret, values...)
	}
	add(minSecret, c.url.RawQuery)
	add(4*minSecret, strings.Split(c.url.Path, "/")...) // some webhooks have their secret there

	var forms []string
	for _, s := range secrets {
		std, web := base64.RawStdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s))
		forms = append(forms, s, url.QueryEscape(s), url.PathEscape(s), std, web)
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) }) // the longest match is to win
	forms = slices.DeleteFunc(slices.Compact(forms), func(s string) bool { return s == "" })
	pairs := make([]string, 0, 2*len(forms))
	for _, s := range forms {
		pairs = append(pairs, s, "[secret]")
	}
	out := scrubber{replacer: strings.NewReplacer(pairs...)}
	if len(forms) > 0 {
		out.longest = len(forms[0])
	}
	return out
}

func (s scrubber) text(text string) string { return s.replacer.Replace(text) }

// quote is the part of an answer that an error may quote.
func (s scrubber) quote(body []byte) string {
	if len(body) == maxAnswer { // a secret may have been cut in two
		body = body[:len(body)-min(s.longest, len(body))]
	}
	text := strings.ToValidUTF8(s.text(string(body)), "\ufffd")
	if len(text) > maxQuote {
		text = strings.ToValidUTF8(text[:maxQuote], "") + "…"
	}
	return strings.TrimSpace(text)
}

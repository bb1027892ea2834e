package httptarget

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// An Option sets up a Target.
type Option func(*config)

// Method sends with another method than POST: PUT, PATCH or DELETE.
func Method(method string) Option { return func(c *config) { c.method = strings.ToUpper(method) } }

// Header sends a header along with every event. Its value is kept out of errors. The
// headers that an event makes can't be set: Content-Type, ce-, Idempotency-Key,
// traceparent and tracestate.
func Header(name, value string) Option {
	return func(c *config) {
		if !isHeaderName(name) || !isHeaderValue(value) {
			c.fault("Header: the name or the value holds a character that no header may hold")
			return
		}
		c.header.Add(name, value)
	}
}

// Structured sends the whole event as JSON (application/cloudevents+json).
func Structured() Option { return func(c *config) { c.structured = true } }

// Timeout bounds an attempt, from the connection to the end of the answer. Default: 30
// seconds. The rule's own timeout counts as well.
func Timeout(d time.Duration) Option { return func(c *config) { c.timeout = d } }

// Client sends with a copy of client, whose transport is then the host's to set up and
// to close: proxies, certificates, time-outs. Redirects are not followed all the same.
func Client(client *http.Client) Option {
	return func(c *config) {
		if client == nil {
			c.fault("Client: it is nil")
			return
		}
		own := *client
		c.client = &own
	}
}

// PublicOnly refuses addresses that are not of the public internet, whatever name or
// spelling leads to them: loopback, private and link-local networks, the metadata
// services of clouds. It is for URLs that others may choose. A refusal is permanent.
func PublicOnly() Option { return func(c *config) { c.publicOnly = true } }

// AllowInsecure lets credentials go over plain http. Without it they go only over
// https, or to the loopback address.
func AllowInsecure() Option { return func(c *config) { c.insecure = true } }

// Auth sends credentials along with every event.
func Auth(credentials Credentials) Option { return func(c *config) { c.auth = credentials } }

// Credentials are what a target proves with that it may deliver. They print as
// nothing.
type Credentials struct{ c *credentials }

type credentials struct {
	header, value string
	secrets       []string
}

// Basic is HTTP basic authentication.
func Basic(user, password string) Credentials {
	value := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	return Credentials{&credentials{"Authorization", "Basic " + value, []string{value, password}}}
}

// Bearer is a bearer token.
func Bearer(token string) Credentials {
	return Credentials{&credentials{"Authorization", "Bearer " + token, []string{token}}}
}

// APIKey is a key in a header, such as X-API-Key.
func APIKey(header, key string) Credentials {
	return Credentials{&credentials{header, key, []string{key}}}
}

func (c Credentials) set(h http.Header) {
	if c.c != nil {
		h.Set(c.c.header, c.c.value)
	}
}

// Format prints no secret, whatever the verb.
func (Credentials) Format(f fmt.State, _ rune) { io.WriteString(f, "httptarget.Credentials") }

func (c *config) fault(msg string) { c.faults = append(c.faults, errors.New(msg)) }

// setURL notes what is wrong with the URL without quoting it: it may hold a secret.
func (c *config) setURL(raw string) {
	u, err := url.Parse(raw)
	if err != nil {
		c.fault("the URL can't be parsed")
		return
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		c.fault("the URL's scheme must be http or https")
	case u.Hostname() == "":
		c.fault("the URL has no host")
	case u.User != nil:
		c.fault("the URL must not hold a user or password: use Auth")
	case u.Fragment != "":
		c.fault("the URL must not have a fragment: it is never sent")
	}
	c.url = u
}

func (c *config) check() error {
	switch c.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		c.fault("Method: it must be POST, PUT, PATCH or DELETE")
	}
	if c.timeout <= 0 {
		c.fault("Timeout: it must be above zero")
	}
	for name := range c.header {
		if reserved[name] || strings.HasPrefix(name, "Ce-") {
			c.faults = append(c.faults, fmt.Errorf("Header: %s can't be set", name))
		}
	}
	if a := c.auth.c; a != nil {
		c.checkAuth(a)
	}
	if c.publicOnly && c.client != nil {
		c.fault("PublicOnly: it can't look into another Client")
	}
	if c.url != nil && c.publicOnly {
		if ip, err := netip.ParseAddr(c.url.Hostname()); err == nil && !isPublic(ip) {
			c.fault("PublicOnly: the URL's address is not public")
		}
	}
	return errors.Join(c.faults...)
}

func (c *config) checkAuth(a *credentials) {
	name := http.CanonicalHeaderKey(a.header)
	switch {
	case !isHeaderName(a.header) || !isHeaderValue(a.value):
		c.fault("Auth: the credentials hold a character that no header may hold")
	case reserved[name] && name != "Authorization" || strings.HasPrefix(name, "Ce-"):
		c.fault("Auth: this header can't carry a key")
	case strings.Trim(a.secrets[len(a.secrets)-1], " ") == "":
		c.fault("Auth: the credentials are empty")
	case c.url != nil && c.url.Scheme == "http" && !c.insecure && !isLoopback(c.url.Hostname()):
		c.fault("Auth: credentials go over https only, unless AllowInsecure is set")
	}
}

// reserved are the headers that the event, the connection or Auth makes.
var reserved = map[string]bool{
	"Content-Type": true, "Content-Length": true, "Content-Encoding": true, "Transfer-Encoding": true, "Connection": true, "Host": true, "Te": true, "Trailer": true,
	"Upgrade": true, "Idempotency-Key": true, "Traceparent": true, "Tracestate": true,
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func isHeaderName(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}) < 0
}

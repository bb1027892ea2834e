package eventbridge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Markdown is the catalog as a page: a table of the types and one of the sources, then a
// section for each type. Names and descriptions are escaped, wherever they come from.
func (c Catalog) Markdown() string {
	var p page
	p.line("# Event center")
	p.line("")
	p.line("Events up to position %d of the log.", c.Counted)
	p.line("")
	p.line("| type | events | last | from | schema | rules |")
	p.line("| --- | --: | --- | --- | --- | --- |")
	for _, t := range c.Types {
		p.line("| %s | %d | %s | %s | %s | %s |", codes([]string{t.Type}), t.Events, day(t.Last), codes(sourcesOf(t)), t.schemaInWords(), codes(rulesOf(t)))
	}
	p.line("")
	p.line("| source | events | last | types | owner | |")
	p.line("| --- | --: | --- | --- | --- | --- |")
	for _, s := range c.Sources {
		p.line("| %s | %d | %s | %s | %s | %s |", codes([]string{s.Source}), s.Events, day(s.Last), codes(s.Types), text(s.Owner), text(s.Description))
	}
	for _, t := range c.Types {
		p.typ(t)
	}
	return p.String()
}

// page is a Markdown text in the making.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// typ writes a type's section.
func (p *page) typ(t CatalogType) {
	p.line("\n## %s\n", code(t.Type))
	if t.Description != "" {
		p.line("%s\n", text(t.Description))
	}
	if t.Owner != "" {
		p.line("- owner: %s", text(t.Owner))
	}
	if !t.Declared {
		p.line("- not declared")
	}
	if t.ReadAs != "" {
		p.line("- read as %s", code(t.ReadAs))
	}
	p.line("- events: %d", t.Events)
	if t.Events > 0 {
		p.line("- first %s, last %s", minute(t.First), minute(t.Last))
	}
	if t.Unfit > 0 {
		p.line("- stored since the bus was opened although they do not fit: %d", t.Unfit)
	}
	for _, s := range t.Sources {
		p.line("- from %s: %d", code(s.Source), s.Events)
	}
	for _, r := range t.Rules {
		p.line("- rule %s selects %s", code(r.Rule), map[bool]string{true: "every one", false: "some"}[r.Every])
	}
	for _, v := range t.Versions {
		p.line("- schema version %d, %s, added %s", v.Number, text(v.Dialect), minute(v.Added))
	}
	if n := len(t.Versions); n > 0 {
		p.block(fmt.Sprintf("Schema, version %d:", t.Versions[n-1].Number), t.Versions[n-1].Doc)
	} else if t.Discovered != nil {
		p.block(fmt.Sprintf("Schema, discovered from %d events:", t.Samples), t.Discovered)
	}
	p.block("Example of its data:", t.Example)
	p.block("The newest event:", t.Newest)
}

// block writes JSON, indented, with a fence that is longer than any within.
func (p *page) block(title string, doc json.RawMessage) {
	if len(doc) == 0 {
		return
	}
	var indented bytes.Buffer
	if json.Indent(&indented, doc, "", "  ") != nil {
		return
	}
	fence := strings.Repeat("`", max(3, longestRun(indented.String(), '`')+1))
	p.line("\n%s\n\n%sjson\n%s\n%s", title, fence, strings.TrimSpace(indented.String()), fence)
}

func (t CatalogType) schemaInWords() string {
	switch n := len(t.Versions); {
	case n > 0:
		return fmt.Sprintf("version %d", t.Versions[n-1].Number)
	case t.Discovered != nil:
		return "discovered"
	}
	return ""
}

func sourcesOf(t CatalogType) (all []string) {
	for _, s := range t.Sources {
		all = append(all, s.Source)
	}
	return all
}

func rulesOf(t CatalogType) (all []string) {
	for _, r := range t.Rules {
		all = append(all, r.Rule)
	}
	return all
}

// shown is how many names a cell of a table lists.
const shown = 5

// codes lists names in a cell of a table.
func codes(names []string) string {
	more := ""
	if len(names) > shown {
		more = fmt.Sprintf(" and %d more", len(names)-shown)
		names = names[:shown]
	}
	coded := make([]string, len(names))
	for i, n := range names {
		coded[i] = strings.ReplaceAll(code(n), "|", `\|`)
	}
	return strings.Join(coded, ", ") + more
}

// code makes a name a code span.
func code(name string) string {
	name = strings.NewReplacer("\n", " ", "\r", " ").Replace(name)
	fence := strings.Repeat("`", longestRun(name, '`')+1)
	if len(fence) > 1 {
		return fence + " " + name + " " + fence
	}
	return fence + name + fence
}

func longestRun(s string, of rune) (longest int) {
	run := 0
	for _, r := range s {
		if r != of {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// text escapes what Markdown and HTML would take for markup.
func text(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n', r == '\r':
			r = ' '
		case r == '<':
			b.WriteString("&lt;")
			continue
		case r == '&':
			b.WriteString("&amp;")
			continue
		case strings.ContainsRune("\\`*_{}[]()#+!|~>", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.DateOnly)
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

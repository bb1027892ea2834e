package transform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// RocketMQ makes a transform of the parameter of an Apache RocketMQ EventBridge or
// Alibaba Cloud EventBridge target, as it stands:
//
//	{"form": "TEMPLATE", "value": "{\"who\": \"$.data.name\"}", "template": "hello ${who:-you}"}
//
// Its forms are ORIGINAL (the whole event), JSONPATH, CONSTANT and TEMPLATE. A value
// of a TEMPLATE that does not begin with $ stands for itself. A variable is written
// ${name}, or ${name:-default} with what to put in for an absent value or null;
// $${ stands for ${. ${htmlEscape(name)} and ${jsonEscape(name)} escape what they
// put into text; in a template that is JSON every value is escaped for JSON anyway.
// Here a variable has its JSON type where a value stands, so "n": ${n} needs no
// quotes for a string, and an unknown variable is an error instead of its own text.
func RocketMQ(param []byte) (Transform, error) {
	var p rocketParam
	if err := json.Unmarshal(param, &p); err != nil {
		return Transform{}, fmt.Errorf("rocketmq: %w", err)
	}
	read, ok := rocketForms[strings.ToUpper(p.Form)]
	if !ok {
		return Transform{}, fmt.Errorf("rocketmq: form: %q is not one of %s",
			p.Form, strings.Join(slices.Sorted(maps.Keys(rocketForms)), ", "))
	}
	t, err := read(p)
	if err != nil || t.step == nil {
		return Transform{}, err
	}
	return Transform{imported{t.step, "rocketmq", slices.Clone(param)}}, nil
}

// rocketParam is a TransformParam, or a target's Param, whose keys are capitals.
type rocketParam struct {
	Form     string
	Value    json.RawMessage // mostly a string, which may hold JSON
	Template string
}

var rocketForms = map[string]func(rocketParam) (Transform, error){
	"ORIGINAL": func(rocketParam) (Transform, error) { return Transform{}, nil },
	"JSONPATH": func(p rocketParam) (Transform, error) {
		return importedPath(rewritten("rocketmq: value", p.text(), loosePath))
	},
	"CONSTANT": rocketConstant,
	"TEMPLATE": rocketTemplate,
}

// text is the value, without its quotes if it is a string.
func (p rocketParam) text() string {
	var s string
	if json.Unmarshal(p.Value, &s) == nil {
		return s
	}
	return string(p.Value)
}

// rocketConstant is JSON where it can be, and text otherwise.
func rocketConstant(p rocketParam) (Transform, error) {
	text := p.text()
	switch {
	case text == "":
		return Transform{}, errors.New("rocketmq: value: a CONSTANT wants one")
	case json.Valid([]byte(text)):
		return Constant(json.RawMessage(text))
	}
	return Text(strings.ReplaceAll(text, "<", "<lt>"), nil)
}

func rocketTemplate(p rocketParam) (Transform, error) {
	vars := map[string]string{}
	dec := json.NewDecoder(bytes.NewReader([]byte(p.text())))
	if err := dec.Decode(&vars); err != nil {
		return Transform{}, fmt.Errorf("rocketmq: value: a TEMPLATE wants an object of paths: %w", err)
	}
	if strings.Contains(p.Template, "EB_SYS_EMBED_OBJECT") {
		return Transform{}, errors.New("rocketmq: template: EB_SYS_EMBED_OBJECT is not understood: put ${name} where the object should stand")
	}
	if p.Template == "" {
		return Transform{}, errors.New("rocketmq: template: a TEMPLATE wants one")
	}
	paths := Vars{}
	for name, v := range vars {
		if strings.HasPrefix(v, "$") {
			paths[name] = v
		}
	}
	all, faults := newScope(paths, loosePath)
	scope := scope{}
	for name, v := range vars {
		if scope[name] = all[name]; !strings.HasPrefix(v, "$") {
			scope[name] = value{name: name, known: text(v)}
		}
	}
	b := builder{kind: "rocketmq", syntax: dollar, text: p.Template, scope: scope, faults: faults}
	t, err := b.build(false)
	if err != nil {
		return Transform{}, err
	}
	return Transform{t}, nil
}

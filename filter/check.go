package filter

import (
	"errors"
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"
)

// negation holds when the rule does not.
type negation struct {
	of     rule
	source *node // it in words
}

func (c negation) holds(v *view) (bool, error) {
	ok, err := v.any(c.of)
	return !ok && err == nil, err
}

// nested holds when the rule does.
type nested struct{ of rule }

func (c nested) holds(v *view) (bool, error) { return v.any(c.of) }

// any says whether some clause of a rule holds. One that does outweighs another's
// error.
func (v *view) any(r rule) (bool, error) {
	var failed error
	for _, cl := range r {
		ok, err := v.all(cl, ^uint32(0))
		if ok {
			return true, nil
		}
		failed = errors.Join(failed, err)
	}
	return false, failed
}

// function is a Go function.
type function func(event.Event) (bool, error)

func (fn function) holds(v *view) (ok bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			ok, err = false, fmt.Errorf("panic: %v", p)
		}
	}()
	ok, err = fn(v.doc.Event.SDK())
	return ok && err == nil, err
}

package transform

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// AWS makes a transform of what an AWS EventBridge target says about its input: an
// input transformer, as it stands,
//
//	{"InputPathsMap": {"id": "$.detail.instance-id"}, "InputTemplate": "\"<id> started\""}
//
// or a target's {"InputTransformer": …}, {"InputPath": …} or {"Input": …}. In its
// paths $.detail is $.data and $.detail-type is $.type; account, region and
// resources are extensions of those names, if the event has them. The template is
// one of ours, with the variables that AWS reserves: aws.events.rule-name,
// aws.events.event.ingestion-time, aws.events.event.json (the event in its
// CloudEvents JSON format), aws.events.event (the same without its data), and
// aws.events.rule-arn, which is the rule's name too.
func AWS(inputTransformer []byte) (Transform, error) {
	var target awsTarget
	if err := json.Unmarshal(inputTransformer, &target); err != nil {
		return Transform{}, fmt.Errorf("aws: %w", err)
	}
	if err := checkMembers(inputTransformer); err != nil {
		return Transform{}, err
	}
	t, err := target.transform()
	if err != nil {
		return Transform{}, err
	}
	if t.step == nil {
		return t, nil
	}
	return Transform{imported{t.step, "aws", slices.Clone(inputTransformer)}}, nil
}

// checkMembers refuses what looks like an input setting and is none; the rest of a
// target is none of ours.
func checkMembers(target []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(target, &members); err != nil {
		return fmt.Errorf("aws: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch name {
		case "InputPathsMap", "InputTemplate", "InputTransformer", "InputPath", "Input":
		default:
			if strings.HasPrefix(strings.ToLower(name), "input") {
				return fmt.Errorf("aws: %s: unknown: there are Input, InputPath, InputTransformer, InputPathsMap and InputTemplate", name)
			}
		}
	}
	return nil
}

type awsTransformer struct {
	InputPathsMap map[string]string
	InputTemplate *string
}

type awsTarget struct {
	awsTransformer
	InputTransformer *awsTransformer
	InputPath, Input *string
}

func (t awsTarget) transform() (Transform, error) {
	if t.InputTransformer == nil && (t.InputTemplate != nil || t.InputPathsMap != nil) {
		t.InputTransformer = &t.awsTransformer
	}
	given := 0
	for _, is := range []bool{t.InputTransformer != nil, t.InputPath != nil, t.Input != nil} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return Transform{}, errors.New("aws: one of InputTemplate, InputPath and Input is wanted")
	case t.InputPath != nil && *t.InputPath == "$":
		return Transform{}, nil // the whole event
	case t.InputPath != nil:
		return importedPath(rewritten("aws: InputPath", *t.InputPath, awsPath))
	case t.Input != nil && !json.Valid([]byte(*t.Input)):
		return Transform{}, errors.New("aws: Input: not JSON")
	case t.Input != nil:
		return Constant(json.RawMessage(*t.Input))
	}
	return t.InputTransformer.transform()
}

func (t *awsTransformer) transform() (Transform, error) {
	if t.InputTemplate == nil {
		return Transform{}, errors.New("aws: InputTemplate: missing")
	}
	scope, faults := newScope(t.InputPathsMap, awsPath)
	b := builder{kind: "aws", syntax: angle, text: *t.InputTemplate, scope: scope, faults: faults}
	step, err := b.build(false)
	if err != nil {
		return Transform{}, err
	}
	return Transform{step}, nil
}

// awsNames are the members of AWS's envelope that have another name in CloudEvents.
var awsNames = map[string]string{"detail": "data", "detail-type": "type"}

// awsPath writes one of AWS's paths as one of ours.
func awsPath(text string) string {
	if rest, ok := strings.CutPrefix(text, "$."); ok {
		name := dotName(rest)
		if ours, ok := awsNames[name]; ok {
			text = "$." + ours + rest[len(name):]
		}
	}
	return loosePath(text)
}

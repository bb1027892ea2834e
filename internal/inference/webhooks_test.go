package inference

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xeipuuv/gojsonschema"
)

// webhook is one line of the recorded GitHub webhooks.
type webhook struct {
	Event   string
	File    string
	Payload json.RawMessage
}

func webhooks(t *testing.T) []webhook {
	dir := os.Getenv("EVENTBRIDGE_WEBHOOKS")
	if dir == "" {
		t.Skip("EVENTBRIDGE_WEBHOOKS names no folder of recorded webhooks")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var all []webhook
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, len(text)+1)
		for lines.Scan() {
			var w webhook
			require.NoError(t, json.Unmarshal(lines.Bytes(), &w), file)
			all = append(all, w)
		}
		require.NoError(t, lines.Err())
	}
	return all
}

// What keeps a schema of one half from accepting a payload of the other is always one
// of these, and each is right: a schema of a few samples can say no more than they do.
//
//	-place  Every sample of the half had the property, this payload lacks it.
//	?place  It was always null, and is something else here; or never, and is null here.
//	~place  It has two types in truth: a package's body is a text or an object.
//
// No payload is refused for a format, or for what was taken for a map.
var notDescribed = map[string]string{
	"commit_comment": "?comment.line ?comment.path ?comment.position",
	"create":         "?description",
	"deployment":     "-installation ?workflow ?workflow_run",
	"fork":           "-installation",
	"gollum":         "-installation",
	"installation": "-installation.permissions.administration -installation.permissions.checks " +
		"-installation.permissions.deployments -installation.permissions.pages " +
		"-installation.permissions.pull_requests -installation.permissions.repository_hooks " +
		"-installation.permissions.repository_projects -installation.permissions.statuses " +
		"-installation.permissions.vulnerability_alerts -requester ?installation.suspended_at " +
		"?installation.suspended_by",
	"issues": "-installation -organization ?issue.body ?issue.closed_at ?repository.description " +
		"?repository.homepage",
	"marketplace_purchase": "-previous_marketplace_purchase ?marketplace_purchase.plan.unit_name",
	"membership": "-team.deleted -team.description -team.html_url -team.members_url -team.node_id -team.permission " +
		"-team.privacy -team.repositories_url -team.slug -team.url",
	"organization": "-installation",
	"package": "-organization -package.package_version.author -package.package_version.body_html " +
		"-package.package_version.container_metadata -package.package_version.docker_metadata " +
		"-package.package_version.draft -package.package_version.package_url " +
		"-package.package_version.prerelease -package.package_version.release " +
		"-package.package_version.source_url -package.package_version.tag_name " +
		"~package.package_version.body",
	"ping":                           "-hook.app_id -hook.last_response -hook.test_url -repository",
	"project":                        "-installation",
	"project_card":                   "-installation ?project_card.note",
	"projects_v2_item":               "-changes ?changes.archived_at.from ?changes.archived_at.to ?projects_v2_item.archived_at",
	"public":                         "-installation",
	"pull_request":                   "-installation -organization ?pull_request.body",
	"push":                           "-commits[].committer.username -head_commit.committer.username",
	"release":                        "-release.discussion_url -release.reactions",
	"repository_vulnerability_alert": "-organization",
	"security_advisory": "?security_advisory.cve_id ?security_advisory.vulnerabilities[].first_patched_version " +
		"?security_advisory.withdrawn_at",
	"star":     "?starred_at",
	"team_add": "-installation",
	"watch":    "-installation",
}

func TestHalfOfTheWebhooksDescribesTheOther(t *testing.T) {
	byEvent, byAction := map[string][]webhook{}, map[string][]webhook{}
	for _, w := range webhooks(t) {
		var of struct{ Action string }
		require.NoError(t, json.Unmarshal(w.Payload, &of))
		byEvent[w.Event] = append(byEvent[w.Event], w)
		byAction[w.Event+"."+of.Action] = append(byAction[w.Event+"."+of.Action], w)
	}
	got := map[string]map[string]bool{}
	for name, types := range map[string]map[string][]webhook{"by event": byEvent, "by event and action": byAction} {
		checked, refused := 0, 0
		for _, payloads := range types {
			for half := range 2 {
				c, r := compareHalves(t, payloads, half, got)
				checked, refused = checked+c, refused+r
			}
		}
		t.Logf("%s: %d of %d payloads are refused by the schema of the other half", name, refused, checked)
	}
	places := map[string]string{}
	for event, found := range got {
		places[event] = strings.Join(slices.Sorted(maps.Keys(found)), " ")
	}
	require.Equal(t, notDescribed, places)
}

// compareHalves describes every other payload and validates the rest. It enters into
// found, by event, what does not fit.
func compareHalves(t *testing.T, payloads []webhook, half int, found map[string]map[string]bool) (checked, refused int) {
	m := &Model{}
	var others []webhook
	for i, w := range payloads {
		if i%2 == half {
			require.NoError(t, m.Add(w.Payload))
		} else {
			others = append(others, w)
		}
	}
	if m.Count() == 0 {
		return 0, 0
	}
	schema, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(m.Schema()))
	require.NoError(t, err)
	for _, w := range others {
		result, err := schema.Validate(gojsonschema.NewBytesLoader(w.Payload))
		require.NoError(t, err)
		if !result.Valid() {
			refused++
		}
		for _, e := range result.Errors() {
			if found[w.Event] == nil {
				found[w.Event] = map[string]bool{}
			}
			found[w.Event][placeOf(e)] = true
		}
	}
	return len(others), refused
}

var element = regexp.MustCompile(`\.\d+`)

func placeOf(e gojsonschema.ResultError) string {
	place := element.ReplaceAllString(strings.TrimPrefix(e.Context().String(), "(root)"), "[]") // "" or ".a.b"
	details := e.Details()
	switch {
	case e.Type() == "required":
		return "-" + strings.TrimPrefix(place+"."+details["property"].(string), ".")
	case e.Type() == "invalid_type" && (details["expected"] == "null" || details["given"] == "null"):
		return "?" + strings.TrimPrefix(place, ".")
	case e.Type() == "invalid_type":
		return "~" + strings.TrimPrefix(place, ".")
	}
	return e.String()
}

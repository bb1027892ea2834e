package cloudevent

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzPlainURIIsWhatParseMakes(f *testing.F) {
	for _, s := range []string{"/tenants/7/apps/shop", "https://example.com/a", "/", "//x/y", "http://a:80/b", "a:b", "/a//b", "urn:x", "https://A.b/C_d-e.f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, ok := plainURI(s)
		if !ok {
			return
		}
		want, err := url.Parse(s)
		if err != nil || *want != u || u.String() != s {
			t.Fatalf("%q: %+v, want %+v (%v)", s, u, want, err)
		}
	})
}

func TestPlainPathsAreWrittenAsTheURLWritesThem(t *testing.T) {
	for _, path := range []string{"/shop", "/a/b-c_d.e~f/0", "/", "//a", "a", "a:b", "", "/a b", "/a%20b", "/é", "/a:b", "/a?b", "/;,"} {
		u := url.URL{Path: path}
		require.Equal(t, u.String(), uriText(u), "%q", path)
	}
}

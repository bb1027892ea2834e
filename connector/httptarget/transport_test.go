package httptarget_test

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/connector/httptarget"
)

// Spellings of loopback and of other networks that are not public.
func TestPublicOnly(t *testing.T) {
	called := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer server.Close()
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.",
		"LOCALHOST", "[fe80::1%25lo]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "169.254.169.254", "100.100.100.200"} {
		target, err := httptarget.New("http://"+host+port, httptarget.PublicOnly(), httptarget.Timeout(2*time.Second))
		if err != nil {
			continue
		}
		err = target.Deliver(t.Context(), order(t))
		require.Error(t, err, host)
		if host == "localhost" || host == "LOCALHOST" {
			require.True(t, eventbridge.IsPermanent(err), "%v", err)
			require.ErrorContains(t, err, "not public")
		}
		target.Close()
	}
	require.False(t, called)
}

func TestNothingIsLeftOutOfTheDenyList(t *testing.T) {
	for ip, want := range httptarget.PublicCases {
		require.Equal(t, want, httptarget.IsPublic(ip), ip)
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	called := false
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	stranger, err := httptarget.New(server.URL)
	require.NoError(t, err)
	defer stranger.Close()
	err = stranger.Deliver(t.Context(), order(t))
	require.ErrorContains(t, err, "certificate")
	require.False(t, eventbridge.IsPermanent(err))
	require.False(t, called)

	friend, err := httptarget.New(server.URL, httptarget.Client(server.Client()), httptarget.Auth(httptarget.Bearer(token)))
	require.NoError(t, err)
	require.NoError(t, friend.Deliver(t.Context(), order(t)))
	require.True(t, called)
	require.Nil(t, server.Client().CheckRedirect, "the host's client is left as it was")
}

func TestTransportAsksNoProxyAndUnpacksNothing(t *testing.T) {
	transport := httptarget.NewTransport(true)
	require.Nil(t, transport.Proxy)
	require.True(t, transport.DisableCompression)
	require.EqualValues(t, tls.VersionTLS12, transport.TLSClientConfig.MinVersion)
}

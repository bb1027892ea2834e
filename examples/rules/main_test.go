package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRulesSayWhatTheyWouldSendAndWhyNot(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(&out))
	said := out.String()
	for _, part := range []string{
		"✓ abroad\n", `    sends     {"declare":80.50,"order":"order-7"}` + "\n",
		"– big-orders\n", "    field     data.total\n    wanted    numeric > 100\n    got       80.50\n",
		"✓ no-coupon\n", `    sends     {"send-coupon-to":"order-7"}` + "\n",
		"– red-hats\n", "    field     data.items[0].colour\n    wanted    \"red\"\n    got       \"blue\"\n",
		"– typo\n", "    field     data.total.numeric\n", "    careful   type: 5 can never match: type is always a string\n",
		"    careful   data.total.numeric: numeric is a field's name here",
		"  /data/sku/prefix: prefix is a field's name here: as an operator it stands in the array of alternatives: write [{\"prefix\": \"hat-\"}]\n",
		"  /data/vip: a leaf is an array of alternatives: write [true]\n",
	} {
		require.Contains(t, said, part)
	}
	require.NotContains(t, said, "error")
}

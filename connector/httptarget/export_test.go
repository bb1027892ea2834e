package httptarget

import "net/netip"

// IsPublic is isPublic of an address as text.
func IsPublic(text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && isPublic(ip)
}

// NewTransport is newTransport.
var NewTransport = newTransport

// PublicCases are addresses, and whether PublicOnly lets them be.
var PublicCases = map[string]bool{
	"8.8.8.8": true, "1.1.1.1": true, "172.15.255.255": true, "172.32.0.0": true, "100.63.255.255": true, "2606:4700:4700::1111": true, "2a00:1450:4001::1": true, "::ffff:8.8.8.8": true,
	"0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "100.100.100.200": false, "127.255.255.255": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false,
	"192.0.0.8": false, "192.0.2.1": false, "192.88.99.1": false, "192.168.0.1": false, "198.18.0.1": false, "198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false,
	"224.0.0.1": false, "255.255.255.255": false, "::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:a9fe:a9fe": false, "::7f00:1": false, "64:ff9b::a9fe:a9fe": false,
	"64:ff9b:1::1": false, "100::1": false, "2001::1": false, "2001:db8::1": false, "2002:7f00:1::": false, "3fff::1": false, "5f00::1": false, "fc00::1": false, "fd00:ec2::254": false,
	"fe80::1": false, "fe80::1%eth0": false, "fec0::1": false, "ff02::1": false, "nonsense": false,
}

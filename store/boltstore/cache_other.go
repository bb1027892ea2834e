//go:build !linux || !(amd64 || arm64)

package boltstore

import "os"

func dropCache(*os.File) {}

//go:build !linux

package torture_test

import (
	"errors"
	"syscall"
)

func mountSmall(string) error { return errors.ErrUnsupported }

func unmount(string) {}

func dieWithParent() *syscall.SysProcAttr { return nil }

func killSelf() {}

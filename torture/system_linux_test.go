package torture_test

import "syscall"

// mountSmall makes dir a file system of six megabytes.
func mountSmall(dir string) error { return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6m") }

func unmount(dir string) { syscall.Unmount(dir, 0) }

// dieWithParent has a child end with this process.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

func killSelf() { syscall.Kill(syscall.Getpid(), syscall.SIGKILL) }

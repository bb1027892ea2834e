package boltstore

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

// A filter is a Bloom filter in blocks of 64 bytes, one cache line each: 10 bits and 6
// probes a hash, which lets about one in a hundred strangers pass.
type filter []byte

const (
	filterBlock  = 64
	filterProbes = 6
	filterBits   = 10
	pageBlocks   = (filePage - 4) / filterBlock
)

// filterPages is how many pages the filter of n hashes takes. A page begins with its
// CRC-32C; what does not make a block at its end is unused.
func filterPages(n int) int {
	blocks := (n*filterBits + filterBlock*8 - 1) / (filterBlock * 8)
	return (blocks + pageBlocks - 1) / pageBlocks
}

// block returns the block a hash falls into. Every page but for 60 bytes is blocks.
func (f filter) block(hash uint64) []byte {
	pages := len(f) / (filePage - 4)
	if pages == 0 {
		return nil
	}
	n, _ := bits.Mul64(hash, uint64(pages*pageBlocks))
	at := int(n)/pageBlocks*(filePage-4) + int(n)%pageBlocks*filterBlock
	return f[at : at+filterBlock]
}

// probes makes from a hash bits independent of those that chose the block.
func probes(hash uint64) uint64 { return hash * 0x9e3779b97f4a7c15 }

func (f filter) add(hash uint64) {
	b, p := f.block(hash), probes(hash)
	for range filterProbes {
		bit := p & (filterBlock*8 - 1)
		b[bit/8] |= 1 << (bit % 8)
		p >>= 9
	}
}

func (f filter) has(hash uint64) bool {
	b, p := f.block(hash), probes(hash)
	if b == nil {
		return false
	}
	for range filterProbes {
		bit := p & (filterBlock*8 - 1)
		if b[bit/8]&(1<<(bit%8)) == 0 {
			return false
		}
		p >>= 9
	}
	return true
}

func makeFilter(pairs []pair) filter {
	f := make(filter, filterPages(len(pairs))*(filePage-4))
	for _, p := range pairs {
		f.add(p.hash)
	}
	return f
}

// appendFilter writes a filter as pages.
func appendFilter(dst []byte, f filter) []byte {
	for ; len(f) > 0; f = f[filePage-4:] {
		dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(f[:filePage-4], castagnoli))
		dst = append(dst, f[:filePage-4]...)
	}
	return dst
}

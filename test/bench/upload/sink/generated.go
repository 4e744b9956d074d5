package main

import (
	"hash/crc32"
	"io"
	"math/rand/v2"
)

// Generated objects repeat this block. Its length is prime, so that no two parts of a usual size are alike.
const blockLength = 1_048_573

var block = func() []byte {
	bytes := make([]byte, blockLength)
	_, _ = rand.NewChaCha8([32]byte{5}).Read(bytes)
	return bytes
}()

var blockCRC = uint64(crc32.ChecksumIEEE(block))

// writeGenerated writes a range; who went away meanwhile is no matter.
func writeGenerated(w io.Writer, offset, length int64) {
	for length > 0 {
		at := offset % blockLength
		slice := block[at:min(blockLength, at+length)]
		if _, err := w.Write(slice); err != nil {
			return
		}
		offset += int64(len(slice))
		length -= int64(len(slice))
	}
}

// generatedCRC gives the CRC-32 of a range.
func generatedCRC(offset, length int64) uint64 {
	at := offset % blockLength
	head := block[at:min(blockLength, at+length)]
	crc := uint64(crc32.ChecksumIEEE(head))
	length -= int64(len(head))
	whole, rest := length/blockLength, length%blockLength
	// twice as many blocks at each step
	power, bytes := blockCRC, int64(blockLength)
	for ; whole > 0; whole >>= 1 {
		if whole&1 == 1 {
			crc = combine("crc32", crc, power, bytes)
		}
		power = combine("crc32", power, power, bytes)
		bytes *= 2
	}
	return combine("crc32", crc, uint64(crc32.ChecksumIEEE(block[:rest])), rest)
}

package main

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strings"
)

const checksumHeader = "x-amz-checksum-"

// Reflected polynomials and widths of the CRCs that S3 knows.
var crcs = map[string]struct {
	polynomial uint64
	bits       int
}{
	"crc32":     {crc32.IEEE, 32},
	"crc32c":    {crc32.Castagnoli, 32},
	"crc64nvme": {nvme, 64},
}

const nvme = 0x9a6c9329ac4bc9b5

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvmeTable  = crc64.MakeTable(nvme)
)

func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "crc32":
		return crc32.NewIEEE()
	case "crc32c":
		return crc32.New(castagnoli)
	case "crc64nvme":
		return crc64.New(nvmeTable)
	case "sha1":
		return sha1.New()
	case "sha256":
		return sha256.New()
	case "md5":
		return md5.New()
	}
	return nil
}

// encode gives a CRC as S3 writes it.
func encode(algorithm string, value uint64) string {
	bytes := binary.BigEndian.AppendUint64(nil, value)
	return base64.StdEncoding.EncodeToString(bytes[8-crcs[algorithm].bits/8:])
}

// given are the checksums in headers: base64 by algorithm.
func given(headers http.Header) map[string]string {
	found := map[string]string{}
	for name, values := range headers {
		lower := strings.ToLower(name)
		algorithm, ok := strings.CutPrefix(lower, checksumHeader)
		if ok && newHash(algorithm) != nil {
			found[algorithm] = values[0]
		}
	}
	return found
}

// combine gives the CRC of a followed by b, from theirs and the length of b: a is moved past as many zero bits.
func combine(algorithm string, a, b uint64, length int64) uint64 {
	kind := crcs[algorithm]
	// the operator for one zero bit
	operator := make([]uint64, kind.bits)
	operator[0] = kind.polynomial
	for bit := 1; bit < kind.bits; bit++ {
		operator[bit] = 1 << (bit - 1)
	}
	for zeros := uint64(length) * 8; zeros > 0; zeros >>= 1 {
		if zeros&1 == 1 {
			a = apply(operator, a)
		}
		if zeros > 1 {
			squared := make([]uint64, kind.bits)
			for bit := range squared {
				squared[bit] = apply(operator, operator[bit])
			}
			operator = squared
		}
	}
	return a ^ b
}

func apply(operator []uint64, vector uint64) uint64 {
	var sum uint64
	for bit := 0; vector != 0; bit, vector = bit+1, vector>>1 {
		if vector&1 == 1 {
			sum ^= operator[bit]
		}
	}
	return sum
}

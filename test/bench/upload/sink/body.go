package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// body is what is known of one that was read.
type body struct {
	size  int64
	crc32 uint64
	// Values of the CRCs, to be combined.
	values map[string]uint64
	// Those that the client gave, and that were right.
	checksums map[string]string
	etag      string
	small     []byte
}

// Bodies up to here are kept as they are, so that markers and probes can be read again.
const smallObject = 64 << 10

// receive reads a body to its end and checks every checksum that came with it, in headers or as a trailer.
func (s *sink) receive(r *http.Request) (body, error) {
	expected := given(r.Header)
	if r.Header.Get("content-md5") != "" {
		expected["md5"] = r.Header.Get("content-md5")
	}
	hashes := map[string]hash.Hash{}
	for algorithm := range expected {
		hashes[algorithm] = newHash(algorithm)
	}
	trailer, trails := strings.CutPrefix(strings.ToLower(r.Header.Get("x-amz-trailer")), checksumHeader)
	if trails && newHash(trailer) != nil {
		hashes[trailer] = newHash(trailer)
	}
	// made below, of every body
	delete(hashes, "crc32")
	var read body
	keep := r.ContentLength >= 0 && r.ContentLength <= smallObject
	buffer := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	take := func(chunk []byte) {
		read.crc32 = uint64(crc32.Update(uint32(read.crc32), crc32.IEEETable, chunk))
		for _, each := range hashes {
			each.Write(chunk)
		}
		if keep {
			read.small = append(read.small, chunk...)
		}
		read.size += int64(len(chunk))
	}
	if isFramed(r) {
		trailers, err := readChunks(r.Body, *buffer, take)
		if err != nil {
			return read, err
		}
		for algorithm, value := range given(trailers) {
			expected[algorithm] = value
		}
		length := r.Header.Get("x-amz-decoded-content-length")
		if wanted, err := strconv.ParseInt(length, 10, 64); err == nil && wanted != read.size {
			return read, refused{400, "IncompleteBody", "the decoded length is another"}
		}
	} else if err := readPlain(r.Body, *buffer, take); err != nil {
		return read, err
	}
	s.count.bytes.Add(read.size)
	return read, s.check(&read, expected, hashes)
}

func (s *sink) check(read *body, expected map[string]string, hashes map[string]hash.Hash) error {
	read.values = map[string]uint64{"crc32": read.crc32}
	read.checksums = map[string]string{}
	for algorithm, value := range expected {
		made := encode("crc32", read.crc32)
		if each := hashes[algorithm]; each != nil {
			sum := each.Sum(nil)
			made = base64.StdEncoding.EncodeToString(sum)
			if crcs[algorithm].bits > 0 {
				for _, b := range sum {
					read.values[algorithm] = read.values[algorithm]<<8 | uint64(b)
				}
			}
			if algorithm == "md5" {
				read.etag = hex.EncodeToString(sum)
			}
		}
		if made != value {
			s.count.badDigests.Add(1)
			return refused{400, "BadDigest", algorithm + " is " + made + ", not " + value}
		}
		if algorithm != "md5" {
			read.checksums[algorithm] = value
		}
	}
	if len(expected) == 0 {
		s.count.unchecked.Add(1)
	} else {
		s.count.checked.Add(1)
	}
	if read.etag == "" {
		// nobody takes this for an MD5
		read.etag = strconv.FormatUint(read.crc32, 16) + "-" + strconv.FormatInt(read.size, 16)
	}
	return nil
}

func readPlain(source io.Reader, buffer []byte, take func([]byte)) error {
	for {
		count, err := source.Read(buffer)
		take(buffer[:count])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// isFramed tells whether a body comes as aws-chunked.
func isFramed(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("x-amz-content-sha256"), "STREAMING-") ||
		strings.Contains(r.Header.Get("content-encoding"), "aws-chunked")
}

// readChunks takes an aws-chunked body apart: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n …`, then trailers.
func readChunks(source io.Reader, buffer []byte, take func([]byte)) (http.Header, error) {
	reader := bufio.NewReaderSize(source, len(buffer))
	malformed := refused{400, "InvalidRequest", "the body is not aws-chunked"}
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return nil, malformed
		}
		digits, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte{';'})
		left, err := strconv.ParseInt(string(digits), 16, 64)
		if err != nil {
			return nil, malformed
		}
		if left == 0 {
			break
		}
		for left > 0 {
			if reader.Buffered() == 0 {
				if _, err := reader.Peek(1); err != nil {
					return nil, refused{400, "IncompleteBody", err.Error()}
				}
			}
			chunk, _ := reader.Peek(int(min(left, int64(reader.Buffered()))))
			take(chunk)
			left -= int64(len(chunk))
			reader.Discard(len(chunk))
		}
		if end, err := reader.ReadSlice('\n'); err != nil || len(bytes.TrimSpace(end)) > 0 {
			return nil, malformed
		}
	}
	trailers := http.Header{}
	for {
		line, err := reader.ReadSlice('\n')
		text := string(bytes.TrimSpace(line))
		if text != "" {
			name, value, _ := strings.Cut(text, ":")
			trailers.Set(name, strings.TrimSpace(value))
		}
		if err != nil || text == "" {
			// some end without the empty line
			io.Copy(io.Discard, reader)
			return trailers, nil
		}
	}
}

package main

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const minPart = 5 << 20

func (s *sink) createUpload(w http.ResponseWriter, r *http.Request, where place) error {
	_, _ = io.Copy(io.Discard, r.Body)
	algorithm := strings.ToLower(r.Header.Get("x-amz-checksum-algorithm"))
	if algorithm != "" && newHash(algorithm) == nil {
		return refused{400, "InvalidRequest", algorithm}
	}
	// CRC64NVME knows no other way
	full := r.Header.Get("x-amz-checksum-type") == "FULL_OBJECT" || algorithm == "crc64nvme"
	u := &upload{place: where, began: time.Now(), algorithm: algorithm, full: full, headers: keptHeaders(r), parts: map[int]part{}}
	s.mutex.Lock()
	s.next++
	id := fmt.Sprintf("upload-%d-%d", u.began.UnixNano(), s.next)
	s.uploads[id] = u
	s.mutex.Unlock()
	if algorithm != "" {
		w.Header().Set("x-amz-checksum-algorithm", strings.ToUpper(algorithm))
		w.Header().Set("x-amz-checksum-type", checksumType(!full))
	}
	return writeXML(w, fmt.Sprintf(
		"<InitiateMultipartUploadResult><Bucket>%s</Bucket><Key>%s</Key><UploadId>%s</UploadId></InitiateMultipartUploadResult>",
		escape(where.bucket), escape(where.key), id))
}

func partNumber(query url.Values) (int, error) {
	number, err := strconv.Atoi(query.Get("partNumber"))
	if err != nil || number < 1 || number > 10_000 {
		return 0, refused{400, "InvalidArgument", "partNumber"}
	}
	return number, nil
}

func (s *sink) putPart(w http.ResponseWriter, r *http.Request, where place, query url.Values) error {
	number, err := partNumber(query)
	if err != nil {
		return err
	}
	if _, err := s.findUpload(query.Get("uploadId")); err != nil {
		return err
	}
	read, err := s.receive(r)
	if err != nil {
		return err
	}
	// it may have been completed or aborted meanwhile
	u, err := s.findUpload(query.Get("uploadId"))
	if err != nil {
		return err
	}
	u.mutex.Lock()
	u.parts[number] = part{number, read.size, read.etag, read.crc32, read.values, read.checksums, time.Now()}
	u.mutex.Unlock()
	w.Header().Set("etag", `"`+read.etag+`"`)
	tellChecksums(w, read.checksums, false)
	w.Header().Del("x-amz-checksum-type")
	return nil
}

func (s *sink) copyPart(w http.ResponseWriter, r *http.Request, where place, query url.Values) error {
	number, err := partNumber(query)
	if err != nil {
		return err
	}
	u, err := s.findUpload(query.Get("uploadId"))
	if err != nil {
		return err
	}
	source, err := s.copySource(r)
	if err != nil {
		return err
	}
	if !source.generated {
		return refused{501, "NotImplemented", "the bytes of uploaded objects are not kept"}
	}
	first, last, ok := readRange(r.Header.Get("x-amz-copy-source-range"), source.size)
	if !ok {
		first, last = 0, source.size-1
	}
	size := last - first + 1
	s.copying(size)
	crc := generatedCRC(first, size)
	etag := strconv.FormatUint(crc, 16) + "-" + strconv.FormatInt(size, 16)
	made := part{number, size, etag, crc, map[string]uint64{"crc32": crc}, map[string]string{"crc32": encode("crc32", crc)}, time.Now()}
	u.mutex.Lock()
	u.parts[number] = made
	u.mutex.Unlock()
	return writeXML(w, fmt.Sprintf(`<CopyPartResult><ETag>"%s"</ETag><LastModified>%s</LastModified></CopyPartResult>`, etag, iso(made.modified)))
}

type completion struct {
	Parts []struct {
		PartNumber int
		ETag       string
	} `xml:"Part"`
}

func (s *sink) completeUpload(w http.ResponseWriter, r *http.Request, where place, id string) error {
	var asked completion
	if err := xml.NewDecoder(r.Body).Decode(&asked); err != nil || len(asked.Parts) == 0 {
		return refused{400, "MalformedXML", "the list of parts"}
	}
	u, err := s.findUpload(id)
	if err != nil {
		return err
	}
	u.mutex.Lock()
	parts := make([]part, 0, len(asked.Parts))
	for index, wanted := range asked.Parts {
		have, ok := u.parts[wanted.PartNumber]
		if !ok || have.etag != strings.Trim(wanted.ETag, `"`) {
			u.mutex.Unlock()
			return refused{400, "InvalidPart", strconv.Itoa(wanted.PartNumber)}
		}
		if index > 0 && have.number <= parts[index-1].number {
			u.mutex.Unlock()
			return refused{400, "InvalidPartOrder", strconv.Itoa(wanted.PartNumber)}
		}
		if index < len(asked.Parts)-1 && have.size < minPart {
			u.mutex.Unlock()
			return refused{400, "EntityTooSmall", strconv.Itoa(wanted.PartNumber)}
		}
		parts = append(parts, have)
	}
	u.mutex.Unlock()
	made, err := s.assemble(u, parts, r)
	if err != nil {
		return err
	}
	if err := s.store(where, made, r); err != nil {
		return err
	}
	s.mutex.Lock()
	delete(s.uploads, id)
	s.mutex.Unlock()
	checksums := ""
	for algorithm, value := range made.checksums {
		name := "Checksum" + strings.ToUpper(algorithm)
		checksums += fmt.Sprintf("<%s>%s</%s>", name, value, name)
	}
	if checksums != "" {
		checksums += "<ChecksumType>" + checksumType(made.composite) + "</ChecksumType>"
	}
	return writeXML(w, fmt.Sprintf(
		`<CompleteMultipartUploadResult><Location>/%s/%s</Location><Bucket>%s</Bucket><Key>%s</Key><ETag>"%s"</ETag>%s</CompleteMultipartUploadResult>`,
		escape(where.bucket), escape(where.key), escape(where.bucket), escape(where.key), made.etag, checksums))
}

// assemble makes the object of its parts, and checks what the client says of the whole.
func (s *sink) assemble(u *upload, parts []part, r *http.Request) (*object, error) {
	made := &object{modified: time.Now(), headers: u.headers, checksums: map[string]string{}, composite: !u.full}
	whole := map[string]uint64{}
	var composite hash.Hash
	if u.algorithm != "" {
		composite = newHash(u.algorithm)
	}
	for index, each := range parts {
		made.size += each.size
		for algorithm, value := range each.values {
			before, known := whole[algorithm]
			if index == 0 {
				whole[algorithm] = value
			} else if known {
				whole[algorithm] = combine(algorithm, before, value, each.size)
			}
		}
		for algorithm := range whole {
			if _, known := each.values[algorithm]; !known {
				delete(whole, algorithm)
			}
		}
		if value, ok := each.checksums[u.algorithm]; ok && composite != nil {
			sum, _ := base64.StdEncoding.DecodeString(value)
			composite.Write(sum)
		} else {
			composite = nil
		}
	}
	made.crc32 = whole["crc32"]
	made.etag = fmt.Sprintf("%08x%x-%d", made.crc32, made.size, len(parts))
	if u.full {
		if value, known := whole[u.algorithm]; known {
			made.checksums[u.algorithm] = encode(u.algorithm, value)
		}
	} else if composite != nil {
		made.checksums[u.algorithm] = base64.StdEncoding.EncodeToString(composite.Sum(nil)) + "-" + strconv.Itoa(len(parts))
	}
	if size := r.Header.Get("x-amz-mp-object-size"); size != "" && size != strconv.FormatInt(made.size, 10) {
		return nil, refused{400, "InvalidRequest", "the parts have " + strconv.FormatInt(made.size, 10) + " bytes"}
	}
	for algorithm, value := range given(r.Header) {
		whole := made.checksums[algorithm]
		// some leave the number of parts away
		if bare, _, _ := strings.Cut(whole, "-"); whole != value && bare != value {
			s.count.badDigests.Add(1)
			return nil, refused{400, "BadDigest", algorithm + " of the whole is " + whole + ", not " + value}
		}
	}
	return made, nil
}

func (s *sink) abortUpload(w http.ResponseWriter, id string) error {
	if _, err := s.findUpload(id); err != nil {
		return err
	}
	s.mutex.Lock()
	delete(s.uploads, id)
	s.mutex.Unlock()
	w.WriteHeader(204)
	return nil
}

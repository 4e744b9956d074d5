package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func (s *sink) putObject(w http.ResponseWriter, r *http.Request, where place) error {
	read, err := s.receive(r)
	if err != nil {
		return err
	}
	err = s.store(where, &object{
		size: read.size, etag: read.etag, modified: time.Now(), crc32: read.crc32,
		checksums: read.checksums, headers: keptHeaders(r), small: read.small,
	}, r)
	if err != nil {
		return err
	}
	w.Header().Set("etag", `"`+read.etag+`"`)
	tellChecksums(w, read.checksums, false)
	return nil
}

func tellChecksums(w http.ResponseWriter, checksums map[string]string, composite bool) {
	for algorithm, value := range checksums {
		w.Header().Set(checksumHeader+algorithm, value)
	}
	if len(checksums) > 0 {
		w.Header().Set("x-amz-checksum-type", checksumType(composite))
	}
}

func checksumType(composite bool) string {
	if composite {
		return "COMPOSITE"
	}
	return "FULL_OBJECT"
}

func (s *sink) getObject(w http.ResponseWriter, r *http.Request, where place) error {
	o := s.find(where)
	if o == nil {
		return refused{404, "NoSuchKey", where.key}
	}
	if wanted := r.Header.Get("if-match"); wanted != "" && strings.Trim(wanted, `"`) != o.etag {
		return refused{412, "PreconditionFailed", "the ETag is " + o.etag}
	}
	h := w.Header()
	for name, value := range o.headers {
		h.Set(name, value)
	}
	h.Set("etag", `"`+o.etag+`"`)
	h.Set("last-modified", o.modified.UTC().Format(http.TimeFormat))
	h.Set("accept-ranges", "bytes")
	first, last, ranged := int64(0), o.size-1, false
	if text := r.Header.Get("range"); text != "" {
		if first, last, ranged = readRange(text, o.size); !ranged {
			return refused{416, "InvalidRange", text}
		}
	}
	if !ranged && strings.EqualFold(r.Header.Get("x-amz-checksum-mode"), "enabled") {
		tellChecksums(w, o.checksums, o.composite)
	}
	h.Set("content-length", strconv.FormatInt(last-first+1, 10))
	status := 200
	if ranged {
		h.Set("content-range", fmt.Sprintf("bytes %d-%d/%d", first, last, o.size))
		status = 206
	}
	if r.Method == "HEAD" {
		w.WriteHeader(status)
		return nil
	}
	if !o.generated && int64(len(o.small)) < o.size {
		return refused{501, "NotImplemented", "the bytes of uploaded objects are not kept"}
	}
	w.WriteHeader(status)
	if o.generated {
		writeGenerated(w, first, last-first+1)
		return nil
	}
	_, _ = w.Write(o.small[first : last+1])
	return nil
}

// readRange understands `bytes=a-b` and `bytes=a-`.
func readRange(text string, size int64) (first, last int64, ok bool) {
	from, to, found := strings.Cut(strings.TrimPrefix(text, "bytes="), "-")
	first, err := strconv.ParseInt(from, 10, 64)
	if !found || err != nil || first >= size {
		return 0, 0, false
	}
	last = size - 1
	if to != "" {
		end, err := strconv.ParseInt(to, 10, 64)
		if err != nil || end < first {
			return 0, 0, false
		}
		last = min(last, end)
	}
	return first, last, true
}

func (s *sink) deleteObject(w http.ResponseWriter, where place) error {
	s.mutex.Lock()
	delete(s.objects, where)
	s.mutex.Unlock()
	w.WriteHeader(204)
	return nil
}

// copySource finds the object to copy, where it is the one that is meant.
func (s *sink) copySource(r *http.Request) (*object, error) {
	path, err := url.PathUnescape(r.Header.Get("x-amz-copy-source"))
	if err != nil {
		return nil, refused{400, "InvalidArgument", "x-amz-copy-source"}
	}
	path, _, _ = strings.Cut(strings.TrimPrefix(path, "/"), "?versionId=")
	bucket, key, _ := strings.Cut(path, "/")
	source := s.find(place{bucket, key})
	if source == nil {
		return nil, refused{404, "NoSuchKey", path}
	}
	wanted := r.Header.Get("x-amz-copy-source-if-match")
	if wanted != "" && strings.Trim(wanted, `"`) != source.etag {
		return nil, refused{412, "PreconditionFailed", "the source's ETag is " + source.etag}
	}
	return source, nil
}

func (s *sink) copyObject(w http.ResponseWriter, r *http.Request, where place) error {
	_, _ = io.Copy(io.Discard, r.Body)
	source, err := s.copySource(r)
	if err != nil {
		return err
	}
	if source.size > 5<<30 {
		return refused{400, "InvalidRequest", "larger than 5 GiB"}
	}
	s.copying(source.size)
	made := *source
	made.modified, made.source = time.Now(), false
	if strings.EqualFold(r.Header.Get("x-amz-metadata-directive"), "replace") {
		made.headers = keptHeaders(r)
	}
	if err := s.store(where, &made, r); err != nil {
		return err
	}
	return writeXML(w, fmt.Sprintf(`<CopyObjectResult><ETag>"%s"</ETag><LastModified>%s</LastModified></CopyObjectResult>`,
		made.etag, iso(made.modified)))
}

func (s *sink) copying(size int64) {
	time.Sleep(time.Duration(float64(size) / float64(s.copyRate) * float64(time.Second)))
}

func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

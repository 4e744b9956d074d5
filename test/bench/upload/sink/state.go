package main

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type place struct{ bucket, key string }

// object is what is kept of one: no bytes, but of small ones.
type object struct {
	size     int64
	etag     string
	modified time.Time
	// CRC-32 of the whole, made by the sink whatever the client sent.
	crc32 uint64
	// As the client gave them, by algorithm, e.g. crc32 → base64.
	checksums map[string]string
	composite bool
	headers   map[string]string
	// Bytes can be read again.
	generated bool
	// Made by the bench, which reads it again and again.
	source bool
	small  []byte
}

type part struct {
	number    int
	size      int64
	etag      string
	crc32     uint64
	values    map[string]uint64
	checksums map[string]string
	modified  time.Time
}

type upload struct {
	place     place
	began     time.Time
	algorithm string
	full      bool
	headers   map[string]string
	mutex     sync.Mutex
	parts     map[int]part
}

type counts struct {
	requests, refused, badDigests, checked, unchecked, bytes atomic.Int64
}

type sink struct {
	mutex    sync.RWMutex
	buckets  map[string]bool
	objects  map[place]*object
	uploads  map[string]*upload
	next     int
	count    counts
	copyRate int64
	buffers  sync.Pool
}

func newSink(copyRate int64) *sink {
	return &sink{
		buckets:  map[string]bool{},
		objects:  map[place]*object{},
		uploads:  map[string]*upload{},
		copyRate: copyRate,
		// fits a core's cache beside what else runs there
		buffers: sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }},
	}
}

func (s *sink) hasBucket(name string) bool {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.buckets[name]
}

func (s *sink) find(where place) *object {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.objects[where]
}

// store puts an object in its place, unless the condition is that there is none.
func (s *sink) store(where place, o *object, r *http.Request) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if r.Header.Get("if-none-match") == "*" && s.objects[where] != nil {
		return refused{412, "PreconditionFailed", "there is an object"}
	}
	s.objects[where] = o
	return nil
}

func (s *sink) findUpload(id string) (*upload, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if u := s.uploads[id]; u != nil {
		return u, nil
	}
	return nil, refused{404, "NoSuchUpload", id}
}

// keptHeaders are those that HEAD and GET give back.
func keptHeaders(r *http.Request) map[string]string {
	kept := map[string]string{}
	for name, values := range r.Header {
		lower := strings.ToLower(name)
		if lower == "content-type" || strings.HasPrefix(lower, "x-amz-meta-") {
			kept[lower] = strings.Join(values, ",")
		}
	}
	return kept
}

func (u *upload) sorted() []part {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return slices.SortedFunc(maps.Values(u.parts), func(a, b part) int { return a.number - b.number })
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// control is the bench's own way in.
func (s *sink) control(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/_stats":
		s.stats(w)
	case r.URL.Path == "/_reset" && r.Method == "POST":
		s.reset()
	case strings.HasPrefix(r.URL.Path, "/_generated/") && r.Method == "PUT":
		_, _ = io.Copy(io.Discard, r.Body)
		bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/_generated/"), "/")
		size, err := strconv.ParseInt(r.URL.Query().Get("size"), 10, 64)
		if err != nil || size < 1 {
			http.Error(w, "size", 400)
			return
		}
		crc := generatedCRC(0, size)
		s.mutex.Lock()
		s.buckets[bucket] = true
		s.objects[place{bucket, key}] = &object{
			size: size, etag: fmt.Sprintf("generated-%x", size), modified: time.Now(), crc32: crc, generated: true, source: true,
			checksums: map[string]string{"crc32": encode("crc32", crc)}, headers: map[string]string{"content-type": "image/tiff"},
		}
		s.mutex.Unlock()
	default:
		http.NotFound(w, r)
	}
}

type objectStats struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	Size   int64  `json:"size"`
	Crc32  uint64 `json:"crc32"`
}

func (s *sink) stats(w http.ResponseWriter) {
	s.mutex.RLock()
	objects := make([]objectStats, 0, len(s.objects))
	for where, o := range s.objects {
		objects = append(objects, objectStats{where.bucket, where.key, o.size, o.crc32})
	}
	uploads := len(s.uploads)
	s.mutex.RUnlock()
	w.Header().Set("content-type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"requests":   s.count.requests.Load(),
		"refused":    s.count.refused.Load(),
		"badDigests": s.count.badDigests.Load(),
		"checked":    s.count.checked.Load(),
		"unchecked":  s.count.unchecked.Load(),
		"bytes":      s.count.bytes.Load(),
		"uploads":    uploads,
		"objects":    objects,
	})
}

// reset forgets all but buckets and the bench's own sources.
func (s *sink) reset() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for where, o := range s.objects {
		if !o.source {
			delete(s.objects, where)
		}
	}
	s.uploads = map[string]*upload{}
	for _, each := range []interface{ Store(int64) }{
		&s.count.requests, &s.count.refused, &s.count.badDigests, &s.count.checked, &s.count.unchecked, &s.count.bytes,
	} {
		each.Store(0)
	}
}

package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const pageSize = 1000

func (s *sink) answerBucket(w http.ResponseWriter, r *http.Request, bucket string, query url.Values) error {
	if bucket == "" {
		return s.listBuckets(w)
	}
	if r.Method == "PUT" && len(query) == 0 {
		_, _ = io.Copy(io.Discard, r.Body)
		s.mutex.Lock()
		had := s.buckets[bucket]
		s.buckets[bucket] = true
		s.mutex.Unlock()
		if had {
			return refused{409, "BucketAlreadyOwnedByYou", bucket}
		}
		return nil
	}
	if !s.hasBucket(bucket) {
		return refused{404, "NoSuchBucket", bucket}
	}
	switch {
	case r.Method == "HEAD":
		return nil
	case r.Method == "GET" && query.Has("location"):
		return writeXML(w, "<LocationConstraint></LocationConstraint>")
	case r.Method == "GET" && query.Has("uploads"):
		return s.listUploads(w, bucket, query)
	case r.Method == "GET" && query.Has("versioning"):
		return writeXML(w, "<VersioningConfiguration></VersioningConfiguration>")
	case r.Method == "GET":
		return s.listObjects(w, bucket, query)
	case r.Method == "POST" && query.Has("delete"):
		return s.deleteObjects(w, r, bucket)
	}
	return refused{501, "NotImplemented", r.Method + " " + r.URL.RawQuery}
}

func (s *sink) listBuckets(w http.ResponseWriter) error {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	var text strings.Builder
	for name := range s.buckets {
		fmt.Fprintf(&text, "<Bucket><Name>%s</Name><CreationDate>2020-01-01T00:00:00.000Z</CreationDate></Bucket>", escape(name))
	}
	return writeXML(w, "<ListAllMyBucketsResult><Buckets>"+text.String()+"</Buckets></ListAllMyBucketsResult>")
}

// listObjects answers both versions of the list.
func (s *sink) listObjects(w http.ResponseWriter, bucket string, query url.Values) error {
	prefix, delimiter := query.Get("prefix"), query.Get("delimiter")
	after := max(query.Get("continuation-token"), query.Get("start-after"), query.Get("marker"))
	most := pageSize
	if n, err := strconv.Atoi(query.Get("max-keys")); err == nil {
		most = min(most, n)
	}
	written := func(key string) string {
		if query.Get("encoding-type") == "url" {
			return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
		}
		return escape(key)
	}
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	var keys []string
	for where := range s.objects {
		if where.bucket == bucket && strings.HasPrefix(where.key, prefix) && where.key > after {
			keys = append(keys, where.key)
		}
	}
	slices.Sort(keys)
	var text strings.Builder
	count, last, folder, truncated := 0, "", "", false
	for _, key := range keys {
		if delimiter != "" {
			if name, _, found := strings.Cut(key[len(prefix):], delimiter); found {
				whole := prefix + name + delimiter
				if whole == folder || strings.HasPrefix(after, whole) {
					continue
				}
				if truncated = count == most; truncated {
					break
				}
				folder = whole
				fmt.Fprintf(&text, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", written(whole))
				count, last = count+1, whole
				continue
			}
		}
		if truncated = count == most; truncated {
			break
		}
		o := s.objects[place{bucket, key}]
		fmt.Fprintf(&text, `<Contents><Key>%s</Key><Size>%d</Size><ETag>"%s"</ETag><LastModified>%s</LastModified></Contents>`,
			written(key), o.size, o.etag, iso(o.modified))
		count, last = count+1, key
	}
	next := ""
	if truncated {
		next = fmt.Sprintf("<NextContinuationToken>%s</NextContinuationToken><NextMarker>%s</NextMarker>", escape(last), escape(last))
	}
	return writeXML(w, fmt.Sprintf(
		"<ListBucketResult><Name>%s</Name><Prefix>%s</Prefix><KeyCount>%d</KeyCount><IsTruncated>%t</IsTruncated>%s%s</ListBucketResult>",
		escape(bucket), written(prefix), count, truncated, next, text.String()))
}

func (s *sink) listParts(w http.ResponseWriter, where place, query url.Values) error {
	u, err := s.findUpload(query.Get("uploadId"))
	if err != nil {
		return err
	}
	marker, _ := strconv.Atoi(query.Get("part-number-marker"))
	var text strings.Builder
	count, last, truncated := 0, 0, false
	for _, each := range u.sorted() {
		if each.number <= marker {
			continue
		}
		if truncated = count == pageSize; truncated {
			break
		}
		checksums := ""
		for algorithm, value := range each.checksums {
			name := "Checksum" + strings.ToUpper(algorithm)
			checksums += fmt.Sprintf("<%s>%s</%s>", name, value, name)
		}
		fmt.Fprintf(&text, `<Part><PartNumber>%d</PartNumber><Size>%d</Size><ETag>"%s"</ETag>%s<LastModified>%s</LastModified></Part>`,
			each.number, each.size, each.etag, checksums, iso(each.modified))
		count, last = count+1, each.number
	}
	return writeXML(w, fmt.Sprintf(
		"<ListPartsResult><Bucket>%s</Bucket><Key>%s</Key><UploadId>%s</UploadId><NextPartNumberMarker>%d</NextPartNumberMarker><IsTruncated>%t</IsTruncated>%s</ListPartsResult>",
		escape(where.bucket), escape(where.key), escape(query.Get("uploadId")), last, truncated, text.String()))
}

func (s *sink) listUploads(w http.ResponseWriter, bucket string, query url.Values) error {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	var text strings.Builder
	for id, u := range s.uploads {
		if u.place.bucket == bucket && strings.HasPrefix(u.place.key, query.Get("prefix")) {
			fmt.Fprintf(&text, "<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>%s</Initiated></Upload>",
				escape(u.place.key), id, iso(u.began))
		}
	}
	return writeXML(w, fmt.Sprintf("<ListMultipartUploadsResult><Bucket>%s</Bucket><IsTruncated>false</IsTruncated>%s</ListMultipartUploadsResult>",
		escape(bucket), text.String()))
}

func (s *sink) deleteObjects(w http.ResponseWriter, r *http.Request, bucket string) error {
	var asked struct {
		Objects []struct{ Key string } `xml:"Object"`
	}
	if err := xml.NewDecoder(r.Body).Decode(&asked); err != nil {
		return refused{400, "MalformedXML", "the list of objects"}
	}
	var text strings.Builder
	s.mutex.Lock()
	for _, each := range asked.Objects {
		delete(s.objects, place{bucket, each.Key})
		fmt.Fprintf(&text, "<Deleted><Key>%s</Key></Deleted>", escape(each.Key))
	}
	s.mutex.Unlock()
	return writeXML(w, "<DeleteResult>"+text.String()+"</DeleteResult>")
}

func writeXML(w http.ResponseWriter, text string) error {
	w.Header().Set("content-type", "application/xml")
	_, _ = io.WriteString(w, xml.Header+text)
	return nil
}

func escape(text string) string {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(text))
	return escaped.String()
}

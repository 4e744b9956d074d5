// Uploads what an order names with minio-go: minio-go <order.json> [crc]
//
// Four files at a time, and each part of 16 MiB on four connections, its own defaults. By default it checks bodies by a SHA-256 in
// the signature of each chunk, where there is no TLS; with `crc` by a CRC-32 in a trailer, and bodies are not signed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"sync"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

type order struct {
	Access struct{ Endpoint, Region, AccessKey, SecretKey string }
	Bucket string
	Files  []struct{ Path, Key string }
}

const filesInFlight = 4

func main() {
	if err := run(os.Args[1], slices.Contains(os.Args[2:], "crc")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string, crc bool) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var asked order
	if err := json.Unmarshal(text, &asked); err != nil {
		return err
	}
	endpoint, err := url.Parse(asked.Access.Endpoint)
	if err != nil {
		return err
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds:           credentials.NewStaticV4(asked.Access.AccessKey, asked.Access.SecretKey, ""),
		Region:          asked.Access.Region,
		Secure:          endpoint.Scheme == "https",
		BucketLookup:    minio.BucketLookupPath,
		TrailingHeaders: crc,
	})
	if err != nil {
		return err
	}
	next := make(chan struct{ Path, Key string })
	failures := make(chan error, filesInFlight)
	var working sync.WaitGroup
	for range filesInFlight {
		working.Go(func() {
			for file := range next {
				options := minio.PutObjectOptions{
					ContentType: "image/tiff",
					// a composite one, its default, versitygw refuses as minio-go writes it
					AutoChecksum:         minio.ChecksumFullObjectCRC32,
					DisableContentSha256: crc,
				}
				if _, err := client.FPutObject(context.Background(), asked.Bucket, file.Key, file.Path, options); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	go func() {
		for _, file := range asked.Files {
			next <- file
		}
		close(next)
		working.Wait()
		close(failures)
	}()
	return <-failures
}

// Uploads what an order names with minio-go, four files at a time and each part of 16 MiB on four connections, its own defaults.
// CRC-32C goes in a trailer of an unsigned body: the cheapest way it has that is checked.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
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
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string) error {
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
		TrailingHeaders: true,
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
				options := minio.PutObjectOptions{ContentType: "image/tiff", DisableContentSha256: true}
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

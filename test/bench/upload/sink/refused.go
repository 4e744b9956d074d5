package main

import (
	"fmt"
	"net/http"
)

// refused is an error as S3 tells it.
type refused struct {
	status  int
	code    string
	message string
}

func (r refused) Error() string { return r.code + ": " + r.message }

func (r refused) write(w http.ResponseWriter, request *http.Request) {
	w.Header().Set("content-type", "application/xml")
	w.WriteHeader(r.status)
	if request.Method != "HEAD" {
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", r.code, escape(r.message))
	}
}

// An origin on Go's net/http: answers with what it read. `go run origin.go PORT [CERTIFICATE KEY]`, with TLS and HTTP/2
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	answer := func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(writer).Encode(map[string]string{
			"method": request.Method, "target": request.RequestURI, "host": request.Host, "body": string(body),
			"protocol": request.Proto,
		})
	}
	address := "127.0.0.1:" + os.Args[1]
	if len(os.Args) > 2 {
		log.Fatal(http.ListenAndServeTLS(address, os.Args[2], os.Args[3], http.HandlerFunc(answer)))
	}
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(answer)))
}
